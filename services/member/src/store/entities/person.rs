//! A person known to the suite, with the days that decide what he is.

use sea_orm::entity::prelude::*;

/// A person known to the suite, with the days that decide what he is.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Full name (N-10).
    pub name: String,
    /// Identity number, sealed.
    pub identity_sealed: Vec<u8>,
    /// Its blind index; unique.
    pub identity_index: Vec<u8>,
    /// Phone, sealed.
    pub phone_sealed: Option<Vec<u8>>,
    /// GB/T 2261.1 code.
    pub sex: i32,
    /// GB/T 3304 code; empty when missing.
    pub ethnic_group: String,
    /// GB/T 4658 code; empty when missing.
    pub education: String,
    /// Work post or profession; empty when missing.
    pub occupation: String,
    /// Day of birth.
    pub born_on: Date,
    /// Day of the assembly that admitted.
    pub joined_on: Date,
    /// First day as full member.
    pub full_on: Option<Date>,
    /// First day of an exemption.
    pub exempt_from: Option<Date>,
    /// Its last day.
    pub exempt_until: Option<Date>,
    /// First day as leading cadre.
    pub cadre_from: Option<Date>,
    /// The last one.
    pub cadre_until: Option<Date>,
    /// Away for six months or more.
    pub mobile: bool,
    /// Rises with each change.
    pub version: i64,
    /// When it was last recorded.
    pub recorded_at: DateTimeUtc,
}

/// No relation is loaded through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A row may hold a name: no row is ever printed.
        f.write_str("person(…)")
    }
}

impl ActiveModelBehavior for ActiveModel {}
