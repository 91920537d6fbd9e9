//! For tests only: private databases, services in this process, a driven clock, callers.

pub mod database;
pub mod stage;
