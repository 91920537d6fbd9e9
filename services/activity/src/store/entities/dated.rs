//! A record with a deadline: resolution, task, goal or ticket.

use sea_orm::entity::prelude::*;

/// A record with a deadline: resolution, task, goal or ticket.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dated")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// What it is.
    pub kind: String,
    /// In a few words.
    pub title: String,
    /// Raised on.
    pub raised_on: Date,
    /// Last day in time.
    pub due_on: Date,
    /// Done on.
    pub done_on: Option<Date>,
    /// Whether that is confirmed.
    pub confirmed: bool,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
