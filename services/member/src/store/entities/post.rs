//! A post in a branch, learned from the feed of organization.

use sea_orm::entity::prelude::*;

/// A post in a branch, learned from the feed of organization.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "post")]
pub struct Model {
    /// Organization's id of it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Where.
    pub organization_id: Uuid,
    /// Who.
    pub person_id: Uuid,
    /// The contract's number of the office.
    pub office: i32,
    /// First day.
    pub from_on: Date,
    /// Last day; none while held.
    pub until_on: Option<Date>,
    /// Version of the event that it comes from.
    pub version: i64,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
