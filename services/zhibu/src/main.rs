//! The one program of the suite.

#[expect(dead_code, reason = "the demo that loads the county is wired next")]
pub mod county;

fn main() {}
