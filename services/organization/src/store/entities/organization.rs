//! An organization: what does not change through time.

use sea_orm::entity::prelude::*;

/// An organization: what does not change through time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// First day of its existence.
    pub founded_on: Date,
    /// Last day of its existence.
    pub dissolved_on: Option<Date>,
    /// Administrative code; empty when none.
    pub admin_code: String,
    /// Edition year of the code.
    pub admin_edition: i32,
    /// Whether the branch leads its village or community.
    pub leads_area: bool,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
