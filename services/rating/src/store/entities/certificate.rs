//! A certificate of a branch in a naming batch: never changed (X17).

use sea_orm::entity::prelude::*;

/// A certificate of a branch in a naming batch: never changed (X17).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "naming_certificate")]
pub struct Model {
    /// The batch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub batch_id: Uuid,
    /// The branch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: Uuid,
    /// The star.
    pub star: i32,
    /// Canonical JSON that was signed.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// SM2 signature.
    pub signature: Vec<u8>,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
