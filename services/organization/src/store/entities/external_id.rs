//! An id of an organization in another system (N-09).

use sea_orm::entity::prelude::*;

/// An id of an organization in another system (N-09).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "external_id")]
pub struct Model {
    /// The other system.
    #[sea_orm(primary_key, auto_increment = false)]
    pub system: String,
    /// The id there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The organization here.
    pub organization_id: Uuid,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
