//! The one program of the suite.

pub mod county;

fn main() {}
