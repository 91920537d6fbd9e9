//! The only place of rating that knows SQL.

pub mod cycles;
pub mod entities;
pub mod explanations;
pub mod facts;
pub mod findings;
pub mod marks;
pub mod migrations;
pub mod namings;
pub mod outcomes;
pub mod pools;
pub mod rectifications;
pub mod templates;

use kernel::{Fault, RpcError};
use serde::{Serialize, de::DeserializeOwned};

/// A count as both databases keep it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn to_json<T: Serialize>(value: &T) -> Result<String, RpcError> {
    serde_json::to_string(value).map_err(|e| Fault::from("a value that is no JSON", e).into())
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, RpcError> {
    serde_json::from_str(text).map_err(|e| Fault::from("unreadable JSON in a column", e).into())
}

/// A word of ours out of a column.
fn word<T>(found: Option<T>) -> Result<T, RpcError> {
    found.ok_or_else(|| Fault::new("an unknown word in a column").into())
}
