//! What the store promises, on SQLite and on Postgres.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod consumer;
mod feed;
mod keys;
mod lease;
mod page;
mod scope;
mod stage;
mod start;
mod work;
