//! Development of members.

pub mod import_development_steps;
