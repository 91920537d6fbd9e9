//! Calls to other services.

pub mod member;
