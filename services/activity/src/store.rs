//! The only place of activity that knows SQL.

pub mod attendance;
pub mod contacts;
pub mod entities;
pub mod external_ids;
pub mod leaders;
pub mod meetings;
pub mod migrations;
pub mod outages;
pub mod projections;
pub mod records;
pub mod sessions;
pub mod strength;

use kernel::{Kind, Refusal, RpcError};

/// Rows in one statement: 23 bind variables a row stay under what both databases take.
const BATCH: usize = 500;

/// Refuses with `CONCURRENT_CHANGE` when fewer rows were written than wanted: somebody was quicker.
fn all_written(written: u64, wanted: usize) -> Result<(), RpcError> {
    if u64::try_from(wanted).is_ok_and(|wanted| written == wanted) {
        return Ok(());
    }
    let zh = "有其他操作正在修改同一内容，请稍后重试。";
    Err(Refusal::new(Kind::Conflict, "CONCURRENT_CHANGE", zh).into())
}

/// Ids as a column keeps them, one a line: the contract lets no space into one.
fn lines(ids: &[String]) -> String {
    ids.join("\n")
}

/// Back again.
fn listed(column: &str) -> Vec<String> {
    column.lines().map(str::to_owned).collect()
}

/// A small count as a column keeps it.
fn small(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Back again.
fn count(column: i32) -> u32 {
    u32::try_from(column).unwrap_or(0)
}
