//! Use cases of findings and rectification.

pub mod import_findings;
pub mod list_findings;
pub mod list_rectifications;
pub mod run_screening;
