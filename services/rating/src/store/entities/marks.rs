//! Marks of the debrief review (S-306).

use sea_orm::entity::prelude::*;

/// Marks of the debrief review (S-306).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "marks")]
pub struct Model {
    /// The cycle.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cycle_id: Uuid,
    /// The branch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: Uuid,
    /// The committee.
    pub organization_id: Uuid,
    /// The marks as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// The debrief meeting.
    pub meeting_id: Uuid,
    /// Rises with each change.
    pub version: i64,
    /// When they were last entered.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
