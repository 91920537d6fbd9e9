//! The tables of member, each change a migration for ever.

use sea_orm_migration::prelude::*;

mod m1_persons;
mod m2_duties;
mod m3_posts;
mod m4_cases;

/// All migrations, oldest first.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m1_persons::Migration),
        Box::new(m2_duties::Migration),
        Box::new(m3_posts::Migration),
        Box::new(m4_cases::Migration),
    ]
}
