//! The audit trail (N-20): every write and every read of sensitive fields, in one keyed chain a service. The
//! entry is written in the transaction of the change: what cannot be recorded does not happen.

pub mod chain;
pub mod entry;
pub(crate) mod head;
pub(crate) mod rows;
mod serve;

pub use chain::{Anchor, Link, Verdict, Verification, verify};
pub use entry::Entry;
pub use serve::{anchor, check, list_entries, read, verify_chain};
