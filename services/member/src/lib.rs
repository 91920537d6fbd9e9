//! Persons, membership, development, dues and training hours.

pub mod domain;
pub mod error;
pub mod store;
