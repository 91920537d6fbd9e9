//! The rating template, its exact evaluation, the procedure to naming, findings and rectification.
pub mod domain;
pub mod error;
pub mod store;

pub use domain::offline::{CaseResult, evaluate_file};
