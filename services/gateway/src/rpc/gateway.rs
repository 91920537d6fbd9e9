//! Use cases of the gateway: compositions only.

pub mod get_branch_profile;
pub mod get_county_page;
pub mod list_desk;
pub mod who_am_i;
