//! The tables as the code sees them.

pub mod booking;
pub mod feedback;
pub mod line;
pub mod resource;
pub mod token;
pub mod wait;
pub mod wait_line;
