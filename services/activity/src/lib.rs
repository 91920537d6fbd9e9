//! Meetings, attendance, and what a branch owes and has held.
pub mod domain;
pub mod error;
pub mod store;
