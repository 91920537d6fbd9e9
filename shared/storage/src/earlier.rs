//! What an organization was before, as the contract writes it and as the scope keeps it.

use std::sync::Arc;

use access::{Stood, range::ids};
use kernel::id::OrganizationId;
use prost::Message;
use proto::organization::v1::{Organization, Stood as WireStood};
use wire::words;

/// As the contract writes it.
#[must_use]
pub fn told(earlier: &[Stood]) -> Vec<WireStood> {
    let one = |stood: &Stood| WireStood {
        until: stood.until.to_string(),
        path: ids(&stood.path).map(|id| id.to_string()).collect(),
        kind: words::kind_number(stood.kind),
        level: stood.level.map_or(0, words::level_number),
        domain: stood.domain.map_or(0, words::domain_number),
    };
    earlier.iter().map(one).collect()
}

/// Out of the contract; `None` when it cannot be read.
pub(crate) fn heard(told: &[WireStood]) -> Option<Arc<[Stood]>> {
    let one = |stood: &WireStood| {
        Some(Stood {
            until: stood.until.parse().ok()?,
            path: path(&stood.path)?,
            kind: words::kind(stood.kind)?,
            level: words::level(stood.level),
            domain: words::domain(stood.domain),
        })
    };
    told.iter().map(one).collect()
}

/// A path out of the contract; `None` when it cannot be read.
pub(crate) fn path(told: &[String]) -> Option<Arc<[u8]>> {
    let ids: Option<Vec<OrganizationId>> = told.iter().map(|id| id.parse().ok()).collect();
    Some(ids?.into_iter().flat_map(|id| id.bytes()).collect())
}

/// As a column holds it: an organization of the contract of which nothing else is said.
pub(crate) fn kept(earlier: &[Stood]) -> Vec<u8> {
    let organization = Organization {
        earlier: told(earlier),
        ..Default::default()
    };
    organization.encode_to_vec()
}

/// Out of a column; `None` when it cannot be read.
pub(crate) fn recalled(kept: &[u8]) -> Option<Arc<[Stood]>> {
    heard(&Organization::decode(kept).ok()?.earlier)
}
