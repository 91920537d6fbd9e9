//! Days on which a branch could not use the platform.

use sea_orm::entity::prelude::*;

/// Days on which a branch could not use the platform.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outage")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// First day.
    pub from_on: Date,
    /// Last day.
    pub until_on: Date,
    /// What was reported.
    pub reason: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
