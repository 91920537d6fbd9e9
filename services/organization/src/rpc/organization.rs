//! Use cases of the tree.

pub mod found_root;
pub mod get_organization;
pub mod import_organizations;
pub mod list_organizations;
pub mod resolve_external_ids;
