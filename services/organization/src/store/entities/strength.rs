//! Members of a branch from a day on, as member tells it.

use sea_orm::entity::prelude::*;

/// Members of a branch from a day on, as member tells it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "strength")]
pub struct Model {
    /// The branch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: Uuid,
    /// First day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_day: Date,
    /// Full members.
    pub full_members: i32,
    /// Probationary members.
    pub probationary: i32,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
