//! Limits: those that run in this process, and what the program `bare` is told.

pub mod booking;
pub mod plan;
pub mod scoring;
