//! Typed ids: opaque, 128 bits, sorted by the time of their making (UUID version 7). Never parsed for
//! meaning, never built from a code (domain.md part 0, principle 4).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id of the suite.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: {0:?} (wanted 36 characters of the form 0190…-….)")]
pub struct NotAnId(pub String);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, later ids sorting after earlier ones.
            #[must_use]
            #[expect(clippy::disallowed_methods, reason = "the one home of random ids")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The 16 bytes, as they stand in a path and in the database.
            #[must_use]
            pub fn bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::try_parse(text).map(Self).map_err(|_| NotAnId(text.chars().take(64).collect()))
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )*};
}

ids! {
    /// A Party organization (党组织): committee, general branch, branch, party group. Made by organization.
    OrganizationId;
    /// A host unit (单位).
    UnitId;
    /// A natural person known to the suite: member, applicant, trainer.
    PersonId;
    /// One holding of a post (任职).
    PostId;
    /// A term of office (届期).
    TermId;
    /// One assignment of a role to a person at an organization.
    GrantId;
    /// A meeting of organizational life (组织生活).
    MeetingId;
    /// A bookable offering of one of the four libraries (四库).
    ResourceId;
    /// A booking (预约): one line or a bundle.
    BookingId;
    /// A case of a procedure (案件).
    CaseId;
    /// A rating cycle (评星周期).
    CycleId;
    /// A finding (问题) in rating's ledger.
    FindingId;
    /// Any other record: rows whose kind has no reference from elsewhere.
    RecordId;
}
