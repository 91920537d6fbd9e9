//! The linter.
use crate::definition::{Definitions, Place};
/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Code.
    pub code: &'static str,
    /// Where.
    pub place: Place,
    /// What.
    pub what: String,
}
impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.what, self.code)
    }
}
/// Lints.
#[must_use]
pub fn lint(_d: &Definitions) -> Vec<Mistake> {
    Vec::new()
}
