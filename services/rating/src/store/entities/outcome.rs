//! A branch in a cycle (S-301: one for each branch and cycle).

use sea_orm::entity::prelude::*;

/// A branch in a cycle (S-301: one for each branch and cycle).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outcome")]
pub struct Model {
    /// The cycle.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cycle_id: Uuid,
    /// The branch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: Uuid,
    /// Names the record in the feed.
    pub id: Uuid,
    /// The county in whose pools it stands.
    pub county_id: Uuid,
    /// Its domain in the cycle; empty when it is not rated.
    pub domain: String,
    /// Why it is not rated; empty when it is.
    pub not_rated: String,
    /// Word of `Stage`.
    pub stage: String,
    /// Sums, total and stars as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub results: Option<String>,
    /// Hash of the explanation; empty before.
    pub explanation_hash: String,
    /// Hash of the explanation of the base part; empty before.
    pub prefilled_hash: String,
    /// Where it stands in its pool, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub standing: Option<String>,
    /// Whether the quota of its pool ran.
    pub placed: bool,
    /// Its case of the procedure.
    pub case_id: Option<Uuid>,
    /// State of the case; empty before it was opened.
    pub case_state: String,
    /// Whether its committee has resolved.
    pub resolved: bool,
    /// Hash of the explanation that its resolution bound; empty before.
    pub resolved_hash: String,
    /// The star proposed by the committee; 0 before.
    pub proposed_star: i32,
    /// Open objections.
    pub objections: i32,
    /// The star that was decided or named; 0 before.
    pub star_decided: i32,
    /// The naming batch whose certificate stands.
    pub batch_id: Option<Uuid>,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
