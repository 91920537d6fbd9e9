//! The tables of rating, each change a migration for ever.

use sea_orm_migration::prelude::*;

mod m1_rating;
mod m2_ledger;
mod m3_closing;
mod m4_resolved;
mod m5_certificates;

/// All migrations, oldest first.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    let own: Vec<Box<dyn MigrationTrait>> = vec![
        Box::new(m1_rating::Migration),
        Box::new(m2_ledger::Migration),
        Box::new(m3_closing::Migration),
        Box::new(m4_resolved::Migration),
        Box::new(m5_certificates::Migration),
    ];
    own.into_iter().chain(process::keeper::migration::all()).collect()
}
