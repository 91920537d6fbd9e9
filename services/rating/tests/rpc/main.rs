//! What each RPC of rating promises, on SQLite and on Postgres.
