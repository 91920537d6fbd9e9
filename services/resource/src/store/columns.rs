//! Words and numbers between rows and rules.

use kernel::{Fault, RpcError};

/// The word whose code stands in a column.
pub(super) fn word<T: Copy>(all: &[T], code: fn(T) -> &'static str, text: &str) -> Result<T, RpcError> {
    let found = all.iter().copied().find(|one| code(*one) == text);
    found.ok_or_else(|| Fault::new(format!("an unknown word in a column: {text}")).into())
}

/// A number of ours, none of which reaches the sign bit, as the database keeps it.
pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Back again.
pub(super) fn loaded(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A capacity or quantity out of a column.
pub(super) fn amount(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// The place of a line in its booking.
pub(super) fn place(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}
