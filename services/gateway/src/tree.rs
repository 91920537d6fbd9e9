//! The tree in the gateway's memory, followed over organization's feed. The gateway keeps nothing: after a start it
//! takes a snapshot.

use std::time::Duration;

use access::Scopes;
use kernel::{Fault, RpcError};
use proto::feed::v1::{Event, SnapshotRequest, WatchRequest};
use runtime::link::Link;
use tokio::sync::watch;
use tonic::Status;

use crate::peers;

const KIND: &str = "organization.organization";
const AGAIN: Duration = Duration::from_secs(1);

/// Follows organization's feed into `scopes`; says when the first snapshot is there.
pub async fn follow(link: Link, scopes: Scopes, ready: watch::Sender<bool>) -> Result<(), Fault> {
    loop {
        if let Err(error) = once(&link, &scopes, &ready).await {
            tracing::info!(%error, "organization's feed is not followed");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn once(link: &Link, scopes: &Scopes, ready: &watch::Sender<bool>) -> Result<(), RpcError> {
    let mut feed = peers::organization::feed(link.clone());
    let lost = |status: Status| wire::refusal_of(&status);
    let kinds = vec![KIND.to_owned()];
    let mut records = feed
        .snapshot(SnapshotRequest { kinds: kinds.clone() })
        .await
        .map_err(lost)?
        .into_inner();
    let mut after = 0;
    while let Some(message) = records.message().await.map_err(lost)? {
        after = after.max(message.position);
        take(scopes, &message.events)?;
    }
    ready.send_replace(true);
    let mut changes = feed
        .watch(WatchRequest { after, kinds })
        .await
        .map_err(lost)?
        .into_inner();
    while let Some(message) = changes.message().await.map_err(lost)? {
        take(scopes, &message.events)?;
    }
    Ok(())
}

fn take(scopes: &Scopes, events: &[Event]) -> Result<(), RpcError> {
    let nodes: Result<Vec<_>, RpcError> = events
        .iter()
        .filter(|event| !event.deleted)
        .map(runtime::assembly::node)
        .collect();
    scopes.apply(nodes?);
    Ok(())
}
