//! What is waited for.

use sea_orm::entity::prelude::*;

/// A line that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wait_line")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub wait_id: Uuid,
    /// From 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line_no: i32,
    /// Which offering.
    pub resource_id: Uuid,
    /// From.
    pub starts_at: DateTimeUtc,
    /// Until, not included.
    pub ends_at: DateTimeUtc,
    /// Seats or copies.
    pub quantity: i64,
}

/// What a line belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its place.
    #[sea_orm(
        belongs_to = "super::wait::Entity",
        from = "Column::WaitId",
        to = "super::wait::Column::Id"
    )]
    Wait,
}

impl Related<super::wait::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Wait.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
