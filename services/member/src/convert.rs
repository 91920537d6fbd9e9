//! Between the contract, the rules and the rows.

pub mod duties;
pub mod members;
