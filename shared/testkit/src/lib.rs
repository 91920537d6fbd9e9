//! For tests only: private databases, services in this process, a driven clock, callers, a collector.

pub mod collector;
pub mod database;
pub mod stage;
