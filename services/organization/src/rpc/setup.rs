//! Use cases of set-up: units, posts, guarantees, screening.

pub mod import_guarantees;
pub mod import_posts;
pub mod import_units;
pub mod list_posts;
mod records;
pub mod screen;
