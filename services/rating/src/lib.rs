//! The rating template, its exact evaluation, the procedure to naming, findings and rectification.

pub mod domain;

pub use domain::offline::{CaseResult, evaluate_file};
