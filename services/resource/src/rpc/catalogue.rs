//! Use cases of the four libraries.

pub mod get_availability;
pub mod get_resource;
pub mod import_resources;
pub mod search_resources;
