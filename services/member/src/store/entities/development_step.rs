//! A step that a branch owes in a development case.

use sea_orm::entity::prelude::*;

/// A step that a branch owes in a development case.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "development_step")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The system it comes from.
    pub system: String,
    /// Its id there.
    pub value: String,
    /// The branch that owes it.
    pub branch_id: Uuid,
    /// Step of the procedure.
    pub step: String,
    /// Version of the rules.
    pub rule_version: String,
    /// Its case there; empty where it was not said.
    pub case_id: String,
    /// The day from which the deadline counts; none where it was not said.
    pub since_on: Option<Date>,
    /// Last day that is in time.
    pub due_on: Date,
    /// Day on which it was done.
    pub done_on: Option<Date>,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
