//! What offerings are found by.

use sea_orm::entity::prelude::*;

/// One token of one offering.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource_token")]
pub struct Model {
    /// Two neighbouring characters.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token: String,
    /// The offering that has them.
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_id: Uuid,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
