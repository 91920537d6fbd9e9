//! What each RPC of `zhibu.process.v1` promises in a service that keeps procedures, and its deadlines, on SQLite and
//! on Postgres.

mod adjust_case;
mod answer_objection;
mod deadlines;
mod edit_evidence;
mod get_case;
mod get_chart;
mod get_procedure;
mod list_cases;
mod list_work;
mod migration;
mod object;
mod open_case;
mod owner;
mod take_step;
mod world;
