//! What is wrong with a file or a template, and exactly where.

use std::fmt;

use kernel::{FieldError, Refusal};

/// One mistake: its place, the rule it breaks, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: file, line, record and column, as far as they are known.
    pub place: String,
    /// The broken rule in UPPER_SNAKE_CASE, stable for ever.
    pub reason: &'static str,
    /// What is wrong, in Chinese.
    pub zh: String,
}

impl Problem {
    /// A mistake at a place.
    pub fn new(place: impl Into<String>, reason: &'static str, zh: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            reason,
            zh: zh.into(),
        }
    }

    /// All mistakes in one answer.
    #[must_use]
    pub fn refusal(problems: Vec<Self>) -> Refusal {
        let field = |problem: Self| FieldError {
            field: problem.place,
            reason: problem.reason.into(),
            zh: problem.zh,
        };
        Refusal::fields(problems.into_iter().map(field).collect())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.place, self.reason, self.zh)
    }
}

impl std::error::Error for Problem {}
