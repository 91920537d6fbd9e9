//! The rows.

pub mod attendance;
pub mod cadre;
pub mod contact_point;
pub mod dated;
pub mod external_id;
pub mod meeting;
pub mod outage;
pub mod post;
pub mod review;
pub mod strength;
pub mod training;
