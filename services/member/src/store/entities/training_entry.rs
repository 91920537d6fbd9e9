//! Hours of one person in one session.

use sea_orm::entity::prelude::*;

/// Hours of one person in one session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "training_entry")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// The session; once for a person.
    pub session: String,
    /// Day of the session.
    pub held_on: Date,
    /// Quarter class hours.
    pub quarter_hours: i32,
    /// Central training at county level or above.
    pub central: bool,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
