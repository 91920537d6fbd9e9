//! Counts of a democratic review: no grade of a person.

use sea_orm::entity::prelude::*;

/// Counts of a democratic review: no grade of a person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// The day.
    pub held_on: Date,
    /// The year for which it counts.
    pub for_year: i32,
    /// Full members who are graded.
    pub eligible: i32,
    /// 优秀.
    pub excellent: i32,
    /// 合格.
    pub good: i32,
    /// 基本合格.
    pub fair: i32,
    /// 不合格.
    pub poor: i32,
    /// Decisions that left full members out, one a line.
    pub left_out: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
