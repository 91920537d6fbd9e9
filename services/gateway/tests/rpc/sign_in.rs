//! Sign-in: tokens, roles, and what happens when roles change.

mod forged;
mod roles;
mod start;
mod tokens;
