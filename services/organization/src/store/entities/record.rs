//! A dated record of set-up or guarantee.

use sea_orm::entity::prelude::*;

/// A dated record of set-up or guarantee.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub organization_id: Uuid,
    /// Kind of the body.
    pub kind: String,
    /// The system it comes from.
    pub external_system: String,
    /// Its id there.
    pub external_value: String,
    /// What is recorded, as JSON.
    pub body: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
