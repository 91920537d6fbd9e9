//! Members of a branch from a day on, as member's feed tells it.

use sea_orm::entity::prelude::*;

/// Members of a branch from a day on, as member's feed tells it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "strength")]
pub struct Model {
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// First day.
    pub valid_from: Date,
    /// Full members.
    pub full_members: i32,
    /// Probationary members.
    pub probationary: i32,
    /// Exempt among both.
    pub exempt: i32,
    /// Version applied.
    pub version: i64,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
