//! Everything that a use case may touch.

use std::sync::Arc;

use access::{Authorized, Node, Ranges, Scopes};
use kernel::{Clock, RpcError, id::OrganizationId};
use storage::{Store, consumer::Consumer};
use wire::Pages;

use crate::error::MemberError;

/// The parts of the service. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The business clock.
    pub clock: Clock,
    /// Page tokens.
    pub pages: Pages,
    /// The tree in memory.
    pub scopes: Scopes,
    /// The keys.
    pub keys: Arc<seal::Keyring>,
    /// The one of the blind index.
    pub index: seal::IndexKey,
    /// Organization's feed: a request may name a branch that was made a moment ago.
    pub organizations: Option<Consumer>,
}

impl App {
    /// Catches up with organization when a branch is named that is not there for the request: one that lies outside is
    /// looked for as long as one that is unknown.
    pub async fn meet<'a>(
        &self,
        ranges: &Ranges,
        named: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), RpcError> {
        let path = |id: OrganizationId| self.scopes.path(id);
        let missed = named
            .into_iter()
            .filter_map(|text| text.parse().ok())
            .any(|id| path(id).is_none_or(|path| !ranges.contains(&path)));
        match &self.organizations {
            Some(consumer) if missed => consumer.pull_now().await,
            _ => Ok(()),
        }
    }

    /// A branch inside the request's part of the tree.
    ///
    /// Refuses with `BRANCH_UNKNOWN` what is absent or lies outside, and with `BRANCH_NOT_A_BRANCH` what is none.
    pub fn branch<T>(&self, request: &Authorized<T>, id: OrganizationId) -> Result<Arc<Node>, MemberError> {
        let node = self
            .scopes
            .get(id)
            .filter(|node| request.ranges().contains(&node.path));
        let node = node.ok_or(MemberError::BranchUnknown)?;
        if node.kind.is_branch() {
            Ok(node)
        } else {
            Err(MemberError::BranchNotABranch)
        }
    }
}
