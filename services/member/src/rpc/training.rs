//! Training hours.

pub mod import_training_hours;
