//! The dues of a branch for a month, in sums.

use sea_orm::entity::prelude::*;

/// The dues of a branch for a month, in sums.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dues_sheet")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// First day of the month.
    pub month: Date,
    /// Whether payment by the quarter was agreed.
    pub quarterly: bool,
    /// Owed, in fen.
    pub due_fen: i64,
    /// Paid, in fen.
    pub paid_fen: i64,
    /// Members who owe for the month.
    pub owed: i32,
    /// Those of them who paid in full and in time.
    pub in_time: i32,
    /// Version of the tier table.
    pub tier_version: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
