//! The promises of the contracts that every service serves, each on SQLite and on Postgres: the audit trail, the feed,
//! the indicators; and of the driven clock.

mod stage;

mod absent;
mod advance;
mod collect;
mod denied;
mod list_entries;
mod list_indicators;
mod positions;
mod snapshot;
mod verify_chain;
mod watch;
