//! The tables of resource, each change a migration for ever.

use sea_orm_migration::prelude::*;

mod m1_catalogue;
mod m2_bookings;
mod m3_waits;

/// All migrations, oldest first.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    let own: Vec<Box<dyn MigrationTrait>> = vec![
        Box::new(m1_catalogue::Migration),
        Box::new(m2_bookings::Migration),
        Box::new(m3_waits::Migration),
    ];
    own.into_iter().chain(process::keeper::migration::all()).collect()
}
