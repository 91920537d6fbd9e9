//! Calls to other services.

pub mod counting;
pub mod organization;
