//! What each RPC of `zhibu.process.v1` promises in a service that keeps procedures, on SQLite and on Postgres.

mod get_chart;
mod list_work;
mod object;
mod owner;
mod take_step;
mod world;
