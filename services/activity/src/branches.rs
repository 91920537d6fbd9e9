//! Branches as the rules of what is owed see them, put together from the tree in memory and the rows.

use std::sync::Arc;

use access::{Node, Scopes};
use kernel::{Day, OrganizationKind, Period, RpcError, id::OrganizationId};
use storage::Reading;

use crate::{
    domain::{meeting::Existence, owed::Branch},
    store::{leaders, sessions, strength},
};

/// The branches given, in the order given, with their meetings of the period, of the years that end in it, and of the
/// days until the freeze.
pub async fn load(
    read: &impl Reading,
    scopes: &Scopes,
    nodes: &[Arc<Node>],
    period: Period,
    freeze: Day,
) -> Result<Vec<Branch>, RpcError> {
    let ids: Vec<OrganizationId> = nodes.iter().map(|node| node.id).collect();
    let mut meetings = sessions::of_branches(read, &ids, days(period, freeze)).await?;
    let mut strengths = strength::of_branches(read, &ids).await?;
    let mut posts = leaders::posts(read, &ids).await?;
    let branch = |node: &Arc<Node>| Branch {
        existence: existence(node),
        groups: groups(scopes, node.id),
        committee: posts.remove(&node.id).unwrap_or_default().committee,
        strength: strengths.remove(&node.id).unwrap_or_default(),
        sessions: meetings.remove(&node.id).unwrap_or_default(),
    };
    Ok(nodes.iter().map(branch).collect())
}

/// The days whose meetings are looked at. What is owed once a year may have been held before the period began, in the
/// year that ends in it.
#[must_use]
pub fn days(period: Period, freeze: Day) -> (Day, Day) {
    let year = period.years_ending().next();
    let first = year.map_or(period.first(), |year| year.first().min(period.first()));
    (first, period.last().max(freeze))
}

/// The party groups that ever stood below a branch, each with the time in which it did.
fn groups(scopes: &Scopes, branch: OrganizationId) -> Vec<(OrganizationId, Existence)> {
    let groups = scopes.ever_below(branch).into_iter();
    groups
        .flat_map(|group| {
            let days = days_below(&group, branch);
            days.into_iter().map(move |days| (group.id, days))
        })
        .collect()
}

/// The days on which a party group stood below a branch; none for what was no group of it.
#[must_use]
pub fn days_below(group: &Node, branch: OrganizationId) -> Vec<Existence> {
    let days = group.days_when(|was| was.kind == OrganizationKind::PartyGroup && was.within(branch));
    let existence = |(from, until)| Existence { from, until };
    days.into_iter().map(existence).collect()
}

/// The days on which an organization exists.
#[must_use]
pub fn existence(node: &Node) -> Existence {
    Existence {
        from: node.founded_on,
        until: node.dissolved_on,
    }
}
