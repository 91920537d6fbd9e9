//! The only place of resource that knows SQL.

pub mod bookings;
mod columns;
pub mod entities;
pub mod feedback;
pub mod lines;
pub mod migrations;
pub mod resources;
pub mod tokens;
pub mod waits;
