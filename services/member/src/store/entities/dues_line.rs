//! One member on a dues sheet.

use sea_orm::entity::prelude::*;

/// One member on a dues sheet.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dues_line")]
pub struct Model {
    /// The sheet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sheet_id: Uuid,
    /// The member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    /// Class of income.
    pub class: i32,
    /// Base in fen, sealed: it is income.
    pub base_sealed: Vec<u8>,
    /// Owed, in fen.
    pub due_fen: i64,
    /// Paid, in fen.
    pub paid_fen: i64,
    /// Day of payment.
    pub paid_on: Option<Date>,
    /// Under an approved exemption.
    pub relieved: bool,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
