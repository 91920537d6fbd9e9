//! Bookings.

use sea_orm::entity::prelude::*;

/// A booking: one line or a bundle.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking")]
pub struct Model {
    /// Names it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who booked.
    pub organization_id: Uuid,
    /// Its state as it was written last.
    pub state: String,
    /// What it is for.
    pub purpose: String,
    /// Start of the earliest line.
    pub starts_at: DateTimeUtc,
    /// When the clock ends it; none for what has ended.
    pub due_at: Option<DateTimeUtc>,
    /// Who booked for the organization.
    pub booked_by: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was recorded last.
    pub recorded_at: DateTimeUtc,
}

/// What belongs to a booking.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its lines.
    #[sea_orm(has_many = "super::line::Entity")]
    Line,
}

impl Related<super::line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Line.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
