//! The one program of the suite.

pub mod county;
pub mod demo;

fn main() {}
