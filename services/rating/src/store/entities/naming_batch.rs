//! A signed naming batch: never changed (S-311).

use sea_orm::entity::prelude::*;

/// A signed naming batch: never changed (S-311).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "naming_batch")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who names.
    pub organization_id: Uuid,
    /// The cycle.
    pub cycle_id: Uuid,
    /// From 1 in the cycle.
    pub number: i32,
    /// The day of signing.
    pub signed_on: Date,
    /// Canonical JSON that was signed.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// SM2 signature.
    pub signature: Vec<u8>,
    /// Public key to verify it with, PEM; empty for one that was signed before keys were kept.
    #[sea_orm(column_type = "Text")]
    pub public_key: String,
    /// When it was signed.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
