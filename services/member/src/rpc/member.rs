//! Persons and their membership.

pub mod count_members;
pub mod find_member;
pub mod get_member;
pub mod get_rolls;
pub mod import_members;
pub mod list_members;
pub mod reveal_member;
pub mod transfer_member;
