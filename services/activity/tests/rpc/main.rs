//! What each RPC of activity promises, on SQLite and on Postgres.

mod annul_meeting;
mod collect;
mod collect_owed;
mod complete_meeting;
mod get_meeting;
mod history;
mod import_meetings;
mod import_records;
mod list_meetings;
mod list_owed;
mod projections;
mod record_meeting;
mod world;
