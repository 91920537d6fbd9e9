//! What an organization is in a span of days.

use sea_orm::entity::prelude::*;

/// What an organization is in a span of days.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "standing")]
pub struct Model {
    /// Of the row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub organization_id: Uuid,
    /// First day.
    pub valid_from: Date,
    /// First day on which it no longer holds.
    pub valid_until: Option<Date>,
    /// The organization above.
    pub parent_id: Option<Uuid>,
    /// The 16-byte ids from the root, its own last.
    pub path: Vec<u8>,
    /// How many stand above.
    pub depth: i32,
    /// Full name.
    pub name: String,
    /// Kind, as the kernel writes it.
    pub kind: String,
    /// Level of a local committee.
    pub level: Option<String>,
    /// Domain of a branch.
    pub domain: Option<String>,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
}

/// What a standing belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose it is.
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id"
    )]
    Organization,
}

impl Related<super::organization::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
