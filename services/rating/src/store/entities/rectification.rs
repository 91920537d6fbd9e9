//! A rectification case of a branch (S-315).

use sea_orm::entity::prelude::*;

/// A rectification case of a branch (S-315).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rectification")]
pub struct Model {
    /// Case of the procedure.
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// `star`, `veto` or the code of the criterion.
    pub cause: String,
    /// Day on which it was opened.
    pub opened_on: Date,
    /// Day on which the branch was lifted out of it.
    pub closed_on: Option<Date>,
    /// Whether it was never taken up.
    pub dismissed: bool,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
