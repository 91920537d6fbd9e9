//! The only place of member that knows SQL.

pub mod entities;
pub mod migrations;
