//! Keys that must be free: somebody who was quicker is no fault.

use kernel::{Kind, Refusal, RpcError};
use sea_orm::DbErr;
use storage::{broken, fault};

/// SQLSTATE of a unique constraint, and the codes that SQLite has for one and for a primary key.
const TAKEN: [&str; 3] = ["23505", "2067", "1555"];

/// What it means that a row cannot be added: its key was free when it was looked up and has been taken since.
pub(super) fn taken(error: DbErr) -> RpcError {
    if broken(&error).is_some_and(|(code, _)| TAKEN.contains(&code.as_str())) {
        let zh = "有其他操作正在登记同一内容，请稍后重试。";
        return Refusal::new(Kind::Conflict, "CONCURRENT_CHANGE", zh).into();
    }
    fault(error)
}
