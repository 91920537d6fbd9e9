//! Lines of bookings: who takes how much of what when.

use sea_orm::entity::prelude::*;

/// A line of a booking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking_line")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub booking_id: Uuid,
    /// From 0, in the order in which they are taken.
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
    /// Whether the constraint keeps every other such line out.
    pub exclusive: bool,
    /// Whether it still takes anything away from others.
    pub taking: bool,
}

/// What a line belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its booking.
    #[sea_orm(
        belongs_to = "super::booking::Entity",
        from = "Column::BookingId",
        to = "super::booking::Column::Id"
    )]
    Booking,
}

impl Related<super::booking::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Booking.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
