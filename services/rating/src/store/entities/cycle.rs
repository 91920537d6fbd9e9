//! A rating cycle (S-301).

use sea_orm::entity::prelude::*;

/// A rating cycle (S-301).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cycle")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The county.
    pub organization_id: Uuid,
    /// The year that is rated.
    pub year: i32,
    /// The day on which facts are frozen.
    pub freeze_day: Date,
    /// The frozen template.
    pub template_hash: String,
    /// Word of `CycleState`.
    pub state: String,
    /// Binds the seed of the draw.
    pub draw_commitment: String,
    /// The seed once revealed; empty before.
    pub draw_seed: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
