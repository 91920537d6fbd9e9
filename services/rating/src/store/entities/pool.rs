//! A pool in which the quota ran: once (S-312).

use sea_orm::entity::prelude::*;

/// A pool in which the quota ran: once (S-312).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pool")]
pub struct Model {
    /// The cycle.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cycle_id: Uuid,
    /// The county.
    #[sea_orm(primary_key, auto_increment = false)]
    pub county_id: Uuid,
    /// Its domains, joined by `;`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Its rated branches.
    pub rated: i64,
    /// Its places.
    pub places: i64,
    /// Digest of its candidates.
    pub population: String,
    /// When the quota ran.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
