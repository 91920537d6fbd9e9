//! Offerings of the four libraries.

use sea_orm::entity::prelude::*;

/// An offering.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource")]
pub struct Model {
    /// Names it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its library.
    pub kind: String,
    /// Title.
    pub title: String,
    /// The organization that owns it.
    pub owner_id: Uuid,
    /// 1: exclusive; more: seats or copies.
    pub capacity: i64,
    /// Its standing.
    pub standing: String,
    /// The site, for venues.
    pub site_id: Option<Uuid>,
    /// Words to be found by: a JSON list.
    pub subjects: String,
    /// Sum of the grades given.
    pub grades: i64,
    /// How many grades were given.
    pub graded: i64,
    /// The system that its other id comes from.
    pub external_system: String,
    /// Its id there.
    pub external_value: String,
    /// Rises with each change.
    pub version: i64,
    /// When it was recorded last.
    pub recorded_at: DateTimeUtc,
}

/// None: offerings are referred to by id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
