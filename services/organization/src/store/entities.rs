//! The rows.

pub mod epoch;
pub mod external_id;
pub mod organization;
pub mod post;
pub mod proposal;
pub mod record;
pub mod role;
pub mod standing;
pub mod strength;
