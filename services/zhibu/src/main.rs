//! The one program of the suite.
fn main() {}
