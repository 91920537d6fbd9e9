//! The tables of cases, the same in every service that keeps any: a service lists these among its own migrations.

use sea_orm_migration::MigrationTrait;

mod process_cases;
mod process_clocks;
mod process_targets;

pub use process_cases::Cases;
pub use process_clocks::Clocks;
pub use process_targets::Targets;

/// All of them, oldest first.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(Cases), Box::new(Targets), Box::new(Clocks)]
}
