//! The only place of organization that knows SQL.

pub mod beside;
pub mod branches;
pub mod entities;
pub mod epochs;
pub mod external_ids;
pub mod histories;
pub mod migrations;
pub mod organizations;
pub mod posts;
pub mod proposals;
pub mod records;
pub mod roles;
pub mod strengths;
pub mod subtrees;
