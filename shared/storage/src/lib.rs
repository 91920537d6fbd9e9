//! Postgres or SQLite by URL: units of work, replay, outbox and feed, organization scope, audit chain.
//!
//! - [`Store`]: opens a database, begins units of work ([`Tx`]) and reads ([`Read`]); nothing else holds a pool.
//! - [`Tx::commit`]: the rows, their events, the audit entry and the answer under its key, or none of them.
//! - [`within`]: the caller's part of the tree as a condition, by index on both databases; [`within_then`]: of a
//!   subtree as it was on a day.
//! - [`feed`]: the change feed, ordered by commit, that others follow with [`consumer::Consumer`].
//! - [`audit`]: the keyed chain of who did what, and its verification without a server.
//! - [`lease`]: one worker at a time, with a fence. [`page`]: keyset pages.
//!
//! One unit of work, one answer: a key that was answered is answered again ([`Store::replay`]), a twin in
//! flight gets [`ANSWERED`] and is replayed then.

pub mod audit;
pub mod connection;
pub mod consumer;
mod earlier;
mod fault;
pub mod feed;
pub mod keys;
pub mod lease;
mod marks;
mod outbox;
pub mod page;
mod pool;
mod row;
mod schema;
mod scope;
mod settings;
mod store;
mod tx;

pub use connection::{Connection, Read, Reading};
pub use earlier::told as earlier;
pub use fault::{FULL, broken, fault};
pub use keys::ANSWERED;
pub use marks::fit as keys_fit;
pub use schema::migrate;
pub use scope::{within, within_then};
pub use settings::{Durability, Settings, StartError};
pub use store::Store;
pub use tx::Tx;
