//! How it was, once a booking.

use sea_orm::entity::prelude::*;

/// What was said of a booking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feedback")]
pub struct Model {
    /// Of which booking.
    #[sea_orm(primary_key, auto_increment = false)]
    pub booking_id: Uuid,
    /// 1 to 5.
    pub grade: i32,
    /// In words.
    pub words: String,
    /// Who said so.
    pub given_by: String,
    /// When it was recorded.
    pub recorded_at: DateTimeUtc,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
