//! Rows as the database keeps them.

pub mod development_step;
pub mod dues_line;
pub mod dues_sheet;
pub mod external_id;
pub mod person;
pub mod post;
pub mod stay;
pub mod strength;
pub mod training_entry;
