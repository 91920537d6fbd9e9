//! What each RPC of `zhibu.process.v1` promises in a service that keeps procedures, on SQLite and on Postgres.

mod object;
mod owner;
mod world;
