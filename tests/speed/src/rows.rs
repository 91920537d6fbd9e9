//! The rows: what each measures.

pub mod bookings;
pub mod pass;
pub mod profile;
pub mod reads;
pub mod scoring;
pub mod start;
