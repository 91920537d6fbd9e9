//! Who waits for what is taken.

use sea_orm::entity::prelude::*;

/// A place in line.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wait")]
pub struct Model {
    /// Names it; earlier places have smaller ids.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who waits.
    pub organization_id: Uuid,
    /// What it is for.
    pub purpose: String,
    /// Start of the earliest line: nobody waits longer.
    pub starts_at: DateTimeUtc,
    /// What the lines say, as a hash: an organization waits once for the same.
    pub digest: String,
    /// Whether it waits still.
    pub open: bool,
    /// Whether something that it waits for was given back since it was last looked at.
    pub awake: bool,
    /// The hold that it was offered.
    pub booking_id: Option<Uuid>,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
}

/// What belongs to a place.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its lines.
    #[sea_orm(has_many = "super::wait_line::Entity")]
    Line,
}

impl Related<super::wait_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Line.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
