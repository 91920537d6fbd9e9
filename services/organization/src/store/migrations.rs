//! The tables of organization, each change a migration for ever.

use sea_orm_migration::prelude::*;

mod m1_tree;
mod m2_roles;
mod m3_setup;

/// All migrations, oldest first.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m1_tree::Migration),
        Box::new(m2_roles::Migration),
        Box::new(m3_setup::Migration),
    ]
}
