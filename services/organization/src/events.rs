//! What organization tells the others.

use kernel::{Day, RpcError, id::OrganizationId};
use proto::organization::v1::{CallerChange, Organization};
use storage::Tx;
use uuid::Uuid;

use crate::{
    convert::{self, Standing},
    store::{beside, epochs, histories, posts},
};

/// Organizations are new or have changed: the whole record of each, as it is on a day, with what it was before.
pub async fn organizations(tx: &Tx, all: &[Standing], on: Day) -> Result<(), RpcError> {
    let ids: Vec<OrganizationId> = all.iter().map(|one| one.id).collect();
    let mut beside = beside::of(tx, &ids, on).await?;
    // Nearly all of them were never anything else.
    let changed = all.iter().filter(|one| one.has_changed()).map(|one| one.id);
    let mut earlier = histories::of(tx, &changed.collect::<Vec<_>>()).await?;
    for one in all {
        let node = one.node(earlier.remove(&one.id).unwrap_or_default());
        let record = Organization {
            earlier: storage::earlier(&node.earlier),
            ..one.wire(beside.remove(&one.id).unwrap_or_default())
        };
        tx.event(
            "organization.organization",
            one.id.into(),
            one.id,
            one.version,
            &record,
        );
        tx.learn(node);
    }
    Ok(())
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
