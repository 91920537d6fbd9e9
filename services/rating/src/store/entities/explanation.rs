//! The explanation of an evaluation under its hash: never changed (X1).

use sea_orm::entity::prelude::*;

/// The explanation of an evaluation under its hash: never changed (X1).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "explanation")]
pub struct Model {
    /// The cycle.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cycle_id: Uuid,
    /// The branch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: Uuid,
    /// Its hash.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// Its canonical bytes.
    pub body: Vec<u8>,
    /// When it was made.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
