//! Certificates and naming batches: canonical JSON that is signed and never changed (S-311, X17).

use kernel::{
    Day, Domain,
    id::{CycleId, OrganizationId, RecordId},
};
use serde::{Deserialize, Serialize};

use super::digest::digest;

/// What a certificate says. Its canonical text is its JSON with fields in this order and no blanks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Number, such as `2025-003-0017`: the year, the batch in the cycle, the place in the batch.
    pub number: String,
    /// The branch.
    pub branch: OrganizationId,
    /// Its domain.
    pub domain: Domain,
    /// The year that was rated.
    pub year: i32,
    /// The star.
    pub star: u8,
    /// Hash of the explanation on which it rests (X1).
    pub explanation: String,
    /// Who names.
    pub named_by: OrganizationId,
    /// The day of signing.
    pub signed_on: Day,
}

/// What a batch says: its certificates, and the batch before it, so that none can be left out later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Opaque.
    pub id: RecordId,
    /// The cycle.
    pub cycle: CycleId,
    /// From 1 in the cycle.
    pub number: u32,
    /// Hash of the batch before in the cycle; empty for the first.
    pub before: String,
    /// The certificates.
    pub certificates: Vec<Certificate>,
}

/// The number of a certificate.
#[must_use]
pub fn number(year: i32, batch: u32, place: usize) -> String {
    format!("{year}-{batch:03}-{:04}", place + 1)
}

impl Certificate {
    /// The canonical text, which is signed.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a certificate has string keys only")
    }
}

impl Batch {
    /// The canonical text, which is signed.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a batch has string keys only")
    }
}

/// Hash of a batch's canonical text.
#[must_use]
pub fn batch_hash(text: &str) -> String {
    digest("zhibu.rating.batch.v1", &[text.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(place: usize) -> Certificate {
        Certificate {
            number: number(2025, 3, place),
            branch: OrganizationId::new(),
            domain: Domain::Rural,
            year: 2025,
            star: 4,
            explanation: "sm3:00".into(),
            named_by: OrganizationId::new(),
            signed_on: Day::from_ymd_opt(2026, 3, 31).unwrap(),
        }
    }

    #[test]
    fn numbers_are_unique_in_the_year_by_batch_and_place() {
        assert_eq!(certificate(16).number, "2025-003-0017");
    }

    #[test]
    fn the_text_says_everything_and_is_read_back_the_same() {
        let one = certificate(0);
        assert_eq!(
            serde_json::from_str::<Certificate>(&one.text()).unwrap().text(),
            one.text()
        );
        let batch = |certificates| Batch {
            id: RecordId::default(),
            cycle: CycleId::default(),
            number: 1,
            before: String::new(),
            certificates,
        };
        let all = batch(vec![one.clone()]);
        assert_ne!(
            batch_hash(&all.text()),
            batch_hash(&batch(vec![Certificate { star: 5, ..one }]).text())
        );
    }
}
