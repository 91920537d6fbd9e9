//! The only place of member that knows SQL.

pub mod cohorts;
pub mod dues;
pub mod entities;
pub mod migrations;
pub mod persons;
pub mod posts;
pub mod rolls;
pub mod steps;
pub mod training;
