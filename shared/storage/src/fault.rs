//! What a database error means: a rule that was broken, somebody who was quicker, a database that does not
//! answer, or a fault of ours.

use kernel::{Fault, Kind, Refusal, RpcError};
use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, error::DatabaseError},
};

/// The code of the database and the name of the constraint that a statement broke: on Postgres the SQLSTATE
/// and the name, on SQLite the extended code and what it says (`RAISE(ABORT, 'name')` gives the name, a unique
/// constraint `UNIQUE constraint failed: table.column`).
#[must_use]
pub fn broken(error: &DbErr) -> Option<(String, String)> {
    let error = database(error)?;
    let code = error.code().unwrap_or_default().into_owned();
    let name = error.constraint().unwrap_or_else(|| error.message());
    Some((code, name.to_owned()))
}

fn runtime(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(e))
        | DbErr::Query(RuntimeErr::SqlxError(e))
        | DbErr::Conn(RuntimeErr::SqlxError(e)) => Some(e),
        _ => None,
    }
}

fn database(error: &DbErr) -> Option<&dyn DatabaseError> {
    match runtime(error)? {
        sqlx::Error::Database(e) => Some(e.as_ref()),
        _ => None,
    }
}

/// Turns a database error into what the caller is told. Refuses with `CONCURRENT_CHANGE` (somebody was
/// quicker: read again and decide again), `STORE_UNAVAILABLE` (the same request may go through later) and `STORE_FULL`
/// (it may when there is room on the disk again); everything else is a fault.
#[must_use]
pub fn fault(error: DbErr) -> RpcError {
    match meaning(&error) {
        Meaning::Quicker => {
            if let Some((code, name)) = broken(&error).filter(|(code, _)| TAKEN.contains(&code.as_str())) {
                // Where nobody else was at it, it is a fault of ours: the name of the key is for the operator.
                tracing::warn!(code, name, "a key was taken meanwhile");
            }
            let zh = "有其他操作正在修改同一内容，请稍后重试。";
            Refusal::new(Kind::Conflict, "CONCURRENT_CHANGE", zh).into()
        }
        Meaning::Full => {
            tracing::warn!(error = %error, "the disk of the database is full");
            let zh = "数据库所在的磁盘已满，这次操作没有保存。请腾出空间，再用同一请求编号重试。";
            Refusal::new(Kind::Unavailable, FULL, zh).into()
        }
        Meaning::Away => {
            // A refusal is an info log without the cause; the cause is for the operator.
            tracing::warn!(error = %error, "the database does not answer");
            Refusal::new(
                Kind::Unavailable,
                "STORE_UNAVAILABLE",
                "数据库暂时不可用，请稍后用同一请求编号重试。",
            )
            .into()
        }
        Meaning::Fault => Fault::from("database", error).into(),
    }
}

/// A key that somebody else has inserted since one looked: Postgres; SQLite, of a unique constraint and of a primary
/// key.
const TAKEN: [&str; 3] = ["23505", "2067", "1555"];

/// The reason of a refusal because there is no room on the disk of the database.
pub const FULL: &str = "STORE_FULL";

enum Meaning {
    Quicker,
    Full,
    Away,
    Fault,
}

fn meaning(error: &DbErr) -> Meaning {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return Meaning::Away;
    }
    if let Some(error) = database(error) {
        let code = error.code().unwrap_or_default();
        return match (&*code, sqlite_code(&code)) {
            (code, _) if TAKEN.contains(&code) => Meaning::Quicker,
            // serialization failure, deadlock, lock time-out; SQLITE_BUSY, _LOCKED
            ("40001" | "40P01" | "55P03", _) | (_, Some(5 | 6)) => Meaning::Quicker,
            // disk full; SQLITE_FULL
            ("53100", _) | (_, Some(13)) => Meaning::Full,
            // too many connections, shut-downs and idle time-outs; SQLITE_IOERR, _CANTOPEN
            ("53300" | "57P01" | "57P02" | "57P03" | "57014" | "25P03", _) | (_, Some(10 | 14)) => {
                Meaning::Away
            }
            _ => Meaning::Fault,
        };
    }
    match runtime(error) {
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed,
        ) => Meaning::Away,
        _ => Meaning::Fault,
    }
}

/// The kind of error that an extended code of SQLite belongs to; nothing for an SQLSTATE, which has five places.
fn sqlite_code(code: &str) -> Option<u32> {
    let extended: u32 = code.parse().ok().filter(|_| code.len() < 5)?;
    Some(extended & 0xff)
}
