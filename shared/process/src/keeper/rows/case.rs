//! The case's own row: what lists and locks read.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "process_case")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) procedure: String,
    pub(crate) subject_id: Uuid,
    pub(crate) organization_id: Uuid,
    pub(crate) opening: String,
    pub(crate) state: String,
    pub(crate) ended: Option<String>,
    pub(crate) exclusive: Option<String>,
    pub(crate) entries: i32,
    pub(crate) next_due: Option<Date>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
