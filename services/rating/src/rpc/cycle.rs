//! Use cases of cycles.

pub mod freeze_cycle;
pub mod get_cycle;
pub mod get_template;
pub mod open_cycle;
pub mod run_quota;
