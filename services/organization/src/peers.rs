//! Calls to other services.

pub mod activity;
