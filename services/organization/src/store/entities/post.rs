//! One holding of a post.

use sea_orm::entity::prelude::*;

/// One holding of a post.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "post")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Where.
    pub organization_id: Uuid,
    /// Which post.
    pub office: String,
    /// Who.
    pub person_id: Uuid,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_until: Option<Date>,
    /// Reference of the approval or filing; empty when missing.
    pub filing: String,
    /// The system it comes from.
    pub external_system: String,
    /// Its id there.
    pub external_value: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
