//! What one service counted of a branch for a cycle, as it was frozen.

use sea_orm::entity::prelude::*;

/// What one service counted of a branch for a cycle, as it was frozen.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "facts")]
pub struct Model {
    /// The cycle.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cycle_id: Uuid,
    /// The branch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: Uuid,
    /// The service that counted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    /// The feed position that the counts include.
    pub position: i64,
    /// The facts as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
