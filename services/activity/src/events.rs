//! What activity tells the others.

use proto::{activity::v1::RecordRow, kernel::v1::ExternalId};
use storage::Tx;

use crate::{
    convert,
    domain::meeting::Meeting,
    store::{external_ids::Key, records::Kept},
};

/// A meeting is new or has changed: the whole of it, with its attendance.
pub fn meeting(tx: &Tx, meeting: &Meeting) {
    let told = convert::meeting::whole(meeting);
    tx.event(
        "activity.meeting",
        meeting.id.into(),
        meeting.branch,
        meeting.version,
        &told,
    );
}

/// Another record is new or has changed; told as the row that brought it.
pub fn record(tx: &Tx, kept: &Kept, key: &Key) {
    let told = RecordRow {
        line: 0,
        external_id: Some(ExternalId {
            system: key.system.clone(),
            value: key.value.clone(),
        }),
        branch_id: kept.branch.to_string(),
        record: Some(convert::record::told(&kept.record)),
    };
    tx.event(
        "activity.record",
        kept.id.into(),
        kept.branch,
        kept.version,
        &told,
    );
}
