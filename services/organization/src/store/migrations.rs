//! The tables of organization, each change a migration for ever.

use sea_orm_migration::prelude::*;

mod m1_tree;
mod m2_roles;
mod m3_setup;
mod m4_changes;

/// All migrations, oldest first.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    let own: Vec<Box<dyn MigrationTrait>> = vec![
        Box::new(m1_tree::Migration),
        Box::new(m2_roles::Migration),
        Box::new(m3_setup::Migration),
        Box::new(m4_changes::Migration),
    ];
    own.into_iter().chain(process::keeper::migration::all()).collect()
}
