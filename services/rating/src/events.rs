//! What rating tells the others.

use storage::Tx;

use crate::{
    convert,
    domain::{ledger::Finding, outcome::Outcome},
    store::{
        cycles::Cycle,
        namings::{SignedBatch, SignedCertificate},
        outcomes::Progress,
        rectifications::Rectification,
    },
};

/// A cycle is new or has changed, or got further.
pub fn cycle(tx: &Tx, one: &Cycle, progress: &Progress) {
    let record = convert::cycle(one, progress);
    tx.event(
        "rating.cycle",
        one.id.into(),
        one.organization,
        one.version,
        &record,
    );
}

/// What becomes of a branch has changed.
pub fn outcome(tx: &Tx, one: &Outcome) {
    tx.event(
        "rating.result",
        one.id.into(),
        one.branch,
        one.version,
        &convert::result(one),
    );
}

/// A finding is new or has changed.
pub fn finding(tx: &Tx, one: &Finding) {
    let record = convert::finding(one, kernel::clock::system_now());
    tx.event("rating.finding", one.id.into(), one.branch, one.version, &record);
}

/// A rectification case is new or has changed.
pub fn rectification(tx: &Tx, one: &Rectification) {
    tx.event(
        "rating.rectification",
        one.case.into(),
        one.branch,
        one.version,
        &convert::rectification(one),
    );
}

/// A batch was signed.
pub fn naming_batch(tx: &Tx, one: &SignedBatch, certificates: &[SignedCertificate]) {
    let record = convert::naming_batch(one, certificates);
    tx.event("rating.naming_batch", one.id.into(), one.organization, 1, &record);
}
