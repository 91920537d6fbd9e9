//! Rows as they stand in the tables.

pub mod certificate;
pub mod cycle;
pub mod explanation;
pub mod facts;
pub mod finding;
pub mod marks;
pub mod naming_batch;
pub mod outcome;
pub mod pool;
pub mod rectification;
pub mod template;
