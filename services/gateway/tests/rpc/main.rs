//! What each RPC of the gateway promises, and its door and sign-in, with the five services faked behind its links.

mod door;
mod get_branch_profile;
mod get_county_page;
mod list_desk;
mod services;
mod sign_in;
mod who_am_i;
mod world;
