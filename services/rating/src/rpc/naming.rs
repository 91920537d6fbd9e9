//! Use cases of naming.

pub mod get_certificate;
pub mod sign_naming_batch;
