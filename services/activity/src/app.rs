//! Everything that a use case may touch.

use access::Scopes;
use kernel::{Clock, OrganizationKind, RpcError, id::OrganizationId};
use storage::{Store, consumer::Consumer};
use wire::Pages;

use crate::{
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
    /// The days of a branch; `None` for what is no branch or not known.
    #[must_use]
    pub fn existence(&self, branch: OrganizationId) -> Option<Existence> {
        let node = self.scopes.get(branch).filter(|node| node.kind.is_branch())?;
        Some(Existence {
            from: node.founded_on,
            until: node.dissolved_on,
        })
    }

    /// Where a meeting of a branch, or of the group named, takes place.
    #[must_use]
    pub fn place(&self, branch: OrganizationId, group: Option<OrganizationId>) -> Option<Place> {
        let group = group.and_then(|id| self.scopes.get(id));
        let group =
            group.filter(|node| node.kind == OrganizationKind::PartyGroup && node.parent() == Some(branch));
        let group = group.map(|node| Existence {
            from: node.founded_on,
            until: node.dissolved_on,
        });
        Some(Place {
            branch: self.existence(branch)?,
            group,
        })
    }

    /// Catches up with organization's feed when one of these is not known here.
    pub async fn meet(&self, named: impl IntoIterator<Item = OrganizationId>) -> Result<(), RpcError> {
        let unknown = named.into_iter().any(|id| self.scopes.get(id).is_none());
        match &self.organizations {
            Some(consumer) if unknown => consumer.pull_now().await,
            _ => Ok(()),
        }
    }
}
