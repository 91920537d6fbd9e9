//! An id of a record in another system (N-09).

use sea_orm::entity::prelude::*;

/// An id of a record in another system (N-09).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "external_id")]
pub struct Model {
    /// The other system.
    #[sea_orm(primary_key, auto_increment = false)]
    pub system: String,
    /// What it names there: `meeting`, `review`, `task` and so on.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The id there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The record here.
    pub record_id: Uuid,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
