//! A span of days in which a branch is the primary one of a person.

use sea_orm::entity::prelude::*;

/// A span of days in which a branch is the primary one of a person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stay")]
pub struct Model {
    /// Of the row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub person_id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// First day.
    pub from_on: Date,
    /// Last day; none while it lasts.
    pub until_on: Option<Date>,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// What a stay is read with.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
    /// His ids in other systems.
    #[sea_orm(
        belongs_to = "super::external_id::Entity",
        from = "Column::PersonId",
        to = "super::external_id::Column::PersonId"
    )]
    ExternalId,
}

impl Related<super::person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl Related<super::external_id::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ExternalId.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
