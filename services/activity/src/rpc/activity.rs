//! Use cases of organizational life.

pub mod annul_meeting;
pub mod collect_owed;
pub mod complete_meeting;
pub mod get_meeting;
pub mod import_meetings;
pub mod import_records;
pub mod list_meetings;
pub mod list_owed;
pub mod record_meeting;
