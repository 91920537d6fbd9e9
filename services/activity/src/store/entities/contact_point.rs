//! A branch that a leading cadre keeps in touch with (S-322).

use sea_orm::entity::prelude::*;

/// A branch that a leading cadre keeps in touch with (S-322).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_point")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// The leading cadre.
    pub person_id: Uuid,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_until: Option<Date>,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
