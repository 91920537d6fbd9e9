//! The organization scope that every service keeps: in its database for [`within`](crate::within), in memory for
//! decisions.

use std::collections::BTreeMap;

use access::{Node, Scopes};
use async_trait::async_trait;
use kernel::{Day, Fault, RpcError, id::OrganizationId};
use prost::Message;
use proto::{feed::v1::Event, organization::v1::Organization};
use wire::words;

use super::Projection;
use crate::{
    connection::{Read, Reading},
    earlier,
    fault::fault,
    scope::{self, Known},
    store::Store,
    tx::Tx,
};

/// The projection of `organization.organization`. Organization itself follows its own feed with it, so that the
/// memory of its other replicas moves too.
pub struct Organizations {
    scopes: Scopes,
}

impl Organizations {
    /// Into the store's organizations.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self {
            scopes: store.scopes().clone(),
        }
    }
}

#[async_trait]
impl Projection for Organizations {
    fn kinds(&self) -> &'static [&'static str] {
        &["organization.organization"]
    }

    async fn apply(&self, tx: &Tx, events: &[&Event]) -> Result<(), RpcError> {
        // The latest of each: one statement takes a row once.
        let mut latest: BTreeMap<OrganizationId, Known> = BTreeMap::new();
        for event in events.iter().filter(|event| !event.deleted) {
            let node = node(event)?;
            latest.insert(
                node.id,
                Known {
                    node,
                    version: event.version,
                },
            );
        }
        let latest: Vec<Known> = latest.into_values().collect();
        scope::upsert(tx.db(), &latest).await.map_err(fault)
    }

    fn remember(&self, events: &[&Event]) {
        let nodes = events
            .iter()
            .filter(|event| !event.deleted)
            .filter_map(|event| node(event).ok());
        self.scopes.apply(nodes);
    }

    async fn recall(&self, read: &Read) -> Result<(), RpcError> {
        scope::load(read.db(), &self.scopes)
            .await
            .map(drop)
            .map_err(fault)
    }
}

/// The organization that an event of `organization.organization` tells.
/// Fails with a fault when it cannot be read.
pub fn node(event: &Event) -> Result<Node, RpcError> {
    let organization = Organization::decode(event.body.as_slice())
        .map_err(|e| Fault::from("an organization in the feed", e))?;
    read(&organization).ok_or_else(|| {
        Fault::new(format!(
            "organization {} at position {} cannot be read",
            event.id, event.position
        ))
        .into()
    })
}

fn read(organization: &Organization) -> Option<Node> {
    let dissolved_on = match organization.dissolved_on.as_str() {
        "" => None,
        text => Some(text.parse::<Day>().ok()?),
    };
    Some(Node {
        id: organization.id.parse().ok()?,
        path: earlier::path(&organization.path)?,
        kind: words::kind(organization.kind)?,
        level: words::level(organization.level),
        domain: words::domain(organization.domain),
        founded_on: organization.founded_on.parse().ok()?,
        dissolved_on,
        earlier: earlier::heard(&organization.earlier)?,
    })
}
