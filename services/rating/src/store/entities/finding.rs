//! A finding in the ledger (S-105, S-121).

use sea_orm::entity::prelude::*;

/// A finding in the ledger (S-105, S-121).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "finding")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// Word of `Origin`.
    pub origin: String,
    /// The rule; empty for inspections.
    pub rule: String,
    /// The system that it comes from; `rule` for screening.
    pub source: String,
    /// Its id there.
    pub source_key: String,
    /// In words.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// What was seen, canonical JSON.
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    /// Norm and version.
    pub norm: String,
    /// Day on which it was opened.
    pub opened_on: Date,
    /// Last day that is in time.
    pub due_on: Date,
    /// Day on which it was closed.
    pub closed_on: Option<Date>,
    /// Who closed it; empty when the rule did.
    pub closed_by: String,
    /// Who confirmed it; empty when the rule did.
    pub confirmed_by: String,
    /// What shows that it is mended; empty while open.
    #[sea_orm(column_type = "Text")]
    pub closing_evidence: String,
    /// How often it was reopened.
    pub reopened: i32,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
