//! Everything that a use case may touch.

use access::{Ranges, Scopes};
use kernel::{Clock, Day, RpcError, id::OrganizationId};
use storage::{Store, consumer::Consumer};
use wire::Pages;

use crate::{
    branches,
    domain::meeting::{Existence, Place},
    peers::member::Member,
};

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
    /// Rolls.
    pub member: Member,
    /// Organization's feed: rows of an import may name what was made a moment ago.
    pub organizations: Option<Consumer>,
}

impl App {
    /// The days of a branch; `None` for what never was a branch or is not known.
    #[must_use]
    pub fn existence(&self, branch: OrganizationId) -> Option<Existence> {
        let node = self.scopes.get(branch)?;
        node.through_time().find(|(_, was)| was.kind.is_branch())?;
        Some(branches::existence(&node))
    }

    /// Where a meeting of a branch, or of the group named, takes place on a day; `None` for what was no branch then.
    #[must_use]
    pub fn place(&self, branch: OrganizationId, group: Option<OrganizationId>, on: Day) -> Option<Place> {
        let node = self.scopes.get(branch)?;
        let group = group.and_then(|id| self.scopes.get(id));
        let days = group.map(|group| branches::days_below(&group, branch));
        node.on(on).kind.is_branch().then(|| Place {
            branch: branches::existence(&node),
            group: days.into_iter().flatten().find(|days| days.on(on)),
        })
    }

    /// Catches up with organization's feed when one of these is not there for the request: one that lies outside is
    /// looked for as long as one that is unknown.
    pub async fn meet(
        &self,
        ranges: &Ranges,
        named: impl IntoIterator<Item = OrganizationId>,
    ) -> Result<(), RpcError> {
        let path = |id| self.scopes.path(id);
        let missed = named
            .into_iter()
            .any(|id| path(id).is_none_or(|path| !ranges.contains(&path)));
        match &self.organizations {
            Some(consumer) if missed => consumer.pull_now().await,
            _ => Ok(()),
        }
    }
}
