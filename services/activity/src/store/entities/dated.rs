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
    /// The record that shows it; empty when there is none.
    pub evidence: String,
    /// The programme or key task list of a task; empty when none.
    pub programme: String,
    /// The admission of a task; empty when it was bypassed.
    pub admission: String,
    /// The version of the plan that a goal stands in; empty when in none.
    pub plan_hash: String,
    /// The day on which that plan was confirmed.
    pub plan_confirmed_on: Option<Date>,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
