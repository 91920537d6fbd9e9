//! Etags: opaque, equal exactly when the record has not changed.

use kernel::{Kind, Refusal};
use uuid::Uuid;

/// The etag of a record in a version.
#[must_use]
pub fn etag(id: Uuid, version: u64) -> String {
    let mut bytes = id.into_bytes().to_vec();
    bytes.extend(version.to_be_bytes());
    seal::sm3(&bytes)
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// Refuses with `ETAG_MISMATCH` (ABORTED) when the caller saw another version.
pub fn check(given: &str, id: Uuid, version: u64) -> Result<(), Refusal> {
    if given == etag(id, version) {
        return Ok(());
    }
    Err(Refusal::new(
        Kind::Conflict,
        "ETAG_MISMATCH",
        "内容刚被他人修改，请刷新后再改。",
    ))
}
