//! Use cases of role assignments.

pub mod assign_roles;
pub mod resolve_caller;
pub mod revoke_role;
