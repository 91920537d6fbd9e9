//! A frozen template, under its content hash: never changed (S-303).

use sea_orm::entity::prelude::*;

/// A frozen template, under its content hash: never changed (S-303).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "template")]
pub struct Model {
    /// `sm3:` and 64 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// Its canonical bytes.
    pub body: Vec<u8>,
    /// When it was first frozen.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
