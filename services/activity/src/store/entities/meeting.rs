//! A meeting, without who was there.

use sea_orm::entity::prelude::*;

/// A meeting, without who was there.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meeting")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// The party group that met.
    pub group_id: Option<Uuid>,
    /// The day.
    pub held_on: Date,
    /// The year for which its yearly duties count.
    pub for_year: i32,
    /// Duties that it is to fulfil, bit by bit.
    pub duties: i32,
    /// Duties whose quorum was met, bit by bit.
    pub quorate: i32,
    /// Subject.
    pub topic: String,
    /// Guests.
    pub observers: i32,
    /// The day on which its record was complete.
    pub completed_on: Option<Date>,
    /// Committee members entitled.
    pub committee_entitled: i32,
    /// Committee members present.
    pub committee_present: i32,
    /// Whether a debrief was assessed.
    pub assessed: bool,
    /// The result of the assessment; empty when none is on record.
    pub assessment_id: String,
    /// Agenda items of theory study, one a line.
    pub study_items: String,
    /// Full members on the roll of the day.
    pub full_entitled: i32,
    /// Probationary members on it.
    pub probationary_entitled: i32,
    /// Exempt among both.
    pub exempt: i32,
    /// All who came.
    pub present: i32,
    /// Full members who came.
    pub full_present: i32,
    /// Who came and is not exempt.
    pub present_not_exempt: i32,
    /// Whether it was annulled.
    pub annulled: bool,
    /// Why it was annulled; empty otherwise.
    pub annulment: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// What a meeting has beside itself.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who was there.
    #[sea_orm(has_one = "super::attendance::Entity")]
    Attendance,
}

impl Related<super::attendance::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Attendance.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
