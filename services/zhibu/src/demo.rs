//! The demo.

pub mod ids;
pub mod rows;
