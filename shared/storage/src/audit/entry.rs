//! One entry of the audit trail, and its one encoding: what the chain is computed over.

use kernel::Instant;
use uuid::Uuid;

/// Who did what, for which organization, with what result. References only, never contents.
///
/// Its protobuf encoding is canonical (fields in order of number, defaults left out) and is what a link of the
/// chain covers.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Entry {
    /// Place in the chain, from 1, dense; 0 while the entry waits for its place.
    #[prost(uint64, tag = "1")]
    pub number: u64,
    /// The caller; a service's name or `system`; empty for nobody.
    #[prost(string, tag = "2")]
    pub subject: String,
    /// His session.
    #[prost(string, tag = "3")]
    pub session: String,
    /// The RPC's path, or the name of the system's own work.
    #[prost(string, tag = "4")]
    pub method: String,
    /// The organization concerned, 16 bytes; empty for none.
    #[prost(bytes = "vec", tag = "5")]
    pub organization_id: Vec<u8>,
    /// The record concerned, 16 bytes; empty for none.
    #[prost(bytes = "vec", tag = "6")]
    pub record_id: Vec<u8>,
    /// `done`, `read`, or the reason code of a refusal.
    #[prost(string, tag = "7")]
    pub result: String,
    /// The purpose stated, for reads of sensitive fields.
    #[prost(string, tag = "8")]
    pub purpose: String,
    /// When it was recorded: microseconds since 1970 in UTC.
    #[prost(int64, tag = "9")]
    pub recorded_at: i64,
}

impl Entry {
    /// The organization concerned.
    #[must_use]
    pub fn organization(&self) -> Option<Uuid> {
        Uuid::from_slice(&self.organization_id).ok()
    }

    /// The record concerned.
    #[must_use]
    pub fn record(&self) -> Option<Uuid> {
        Uuid::from_slice(&self.record_id).ok()
    }

    /// When it was recorded.
    #[must_use]
    pub fn recorded(&self) -> Instant {
        Instant::from_timestamp_micros(self.recorded_at).unwrap_or_default()
    }
}
