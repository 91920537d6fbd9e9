//! What each RPC of rating promises, on SQLite and on Postgres.

mod collect;
mod enter_review_marks;
mod evaluate;
mod freeze_cycle;
mod get_certificate;
mod get_cycle;
mod get_result;
mod get_template;
mod import_findings;
mod leave_rectification;
mod list_findings;
mod list_rectifications;
mod list_results;
mod open_cycle;
mod peers;
mod run_quota;
mod run_screening;
mod sign_naming_batch;
mod take_step;
mod world;
