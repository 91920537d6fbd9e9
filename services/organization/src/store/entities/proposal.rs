//! What a proposal rests upon.

use sea_orm::entity::prelude::*;

/// What a proposal rests upon.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proposal")]
pub struct Model {
    /// The case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: Uuid,
    /// Version of the organization that the difference was drawn up from.
    pub base_version: i64,
    /// Hash of the part of the tree that the preview was drawn up from.
    pub outlook: String,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
