//! What organization tells the others.

use kernel::{RpcError, id::OrganizationId};
use proto::organization::v1::{CallerChange, Organization};
use storage::Tx;
use uuid::Uuid;

use crate::{
    convert::{self, Standing},
    store::{epochs, posts},
};

/// An organization is new or has changed.
pub fn organization(tx: &Tx, standing: &Standing, record: &Organization) {
    tx.event(
        "organization.organization",
        standing.id.into(),
        standing.id,
        standing.version,
        record,
    );
    tx.learn(standing.node());
}

/// The grants of a subject have changed: contexts of the older epoch are refused from now on.
pub async fn caller(tx: &Tx, subject: Uuid, at: OrganizationId) -> Result<(), RpcError> {
    let epoch = epochs::raise(tx, subject).await?;
    let change = CallerChange {
        subject: subject.to_string(),
        epoch,
    };
    tx.event("organization.caller", subject, at, epoch, &change);
    Ok(())
}

/// A post is held, or its holding has changed.
pub fn post(tx: &Tx, kept: &posts::Kept) {
    tx.event(
        "organization.post",
        kept.id.into(),
        kept.organization,
        kept.version,
        &convert::post(kept),
    );
}
