//! The tables of activity, each change a migration for ever.

use sea_orm_migration::prelude::*;

mod m1_meetings;
mod m2_records;
mod m3_projections;
mod m4_evidence;

/// All migrations, oldest first.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m1_meetings::Migration),
        Box::new(m2_records::Migration),
        Box::new(m3_projections::Migration),
        Box::new(m4_evidence::Migration),
    ]
}
