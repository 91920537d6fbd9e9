//! What is known of one organization: as it is, and as it was before.

use std::{collections::BTreeSet, sync::Arc};

use kernel::{Day, Domain, Level, OrganizationKind, day::add_days, id::OrganizationId};

use crate::range::{STEP, ids};

/// What is known of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The organization.
    pub id: OrganizationId,
    /// The 16-byte ids from the root, its own last.
    pub path: Arc<[u8]>,
    /// Its kind.
    pub kind: OrganizationKind,
    /// Its level, for local committees.
    pub level: Option<Level>,
    /// Its domain, for branches.
    pub domain: Option<Domain>,
    /// First day of its existence.
    pub founded_on: Day,
    /// Last day of its existence.
    pub dissolved_on: Option<Day>,
    /// What it was before, oldest first; empty for nearly all.
    pub earlier: Arc<[Stood]>,
}

/// What an organization was until a day: since its founding, or since the day on which the one before ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stood {
    /// First day on which it no longer was so.
    pub until: Day,
    /// Its path then.
    pub path: Arc<[u8]>,
    /// Its kind then.
    pub kind: OrganizationKind,
    /// Its level then.
    pub level: Option<Level>,
    /// Its domain then.
    pub domain: Option<Domain>,
}

/// What an organization is, or was on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The 16-byte ids from the root, its own last.
    pub path: &'a [u8],
    /// Its kind.
    pub kind: OrganizationKind,
    /// Its level.
    pub level: Option<Level>,
    /// Its domain.
    pub domain: Option<Domain>,
}

/// Days on which something holds: the first one and the last one, if there is one.
pub type Days = (Day, Option<Day>);

impl Standing<'_> {
    /// The organization above; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<OrganizationId> {
        self.above().last()
    }

    /// The organizations above, from the root.
    pub(crate) fn above(&self) -> impl DoubleEndedIterator<Item = OrganizationId> + use<> {
        let own = self.path.len().saturating_sub(STEP);
        let above: Vec<OrganizationId> = ids(self.path.get(..own).unwrap_or_default()).collect();
        above.into_iter()
    }

    /// Whether it is the organization itself or stands below it.
    #[must_use]
    pub fn within(&self, top: OrganizationId) -> bool {
        ids(self.path).any(|id| id == top)
    }
}

impl Node {
    /// Whether it exists on the day.
    #[must_use]
    pub fn exists_on(&self, day: Day) -> bool {
        self.founded_on <= day && self.dissolved_on.is_none_or(|last| day <= last)
    }

    /// The organization above; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<OrganizationId> {
        self.now().parent()
    }

    /// As it is today, or was last.
    #[must_use]
    pub fn now(&self) -> Standing<'_> {
        Standing {
            path: &self.path,
            kind: self.kind,
            level: self.level,
            domain: self.domain,
        }
    }

    /// As it was on a day: as it stood last until then, or first after.
    #[must_use]
    pub fn on(&self, day: Day) -> Standing<'_> {
        let then = self.earlier.iter().find(|stood| day < stood.until);
        then.map_or_else(|| self.now(), Stood::standing)
    }

    /// All that it ever was, each with its days, oldest first.
    pub fn through_time(&self) -> impl Iterator<Item = (Days, Standing<'_>)> {
        let ends = self.earlier.iter().map(|stood| stood.until);
        let begins = std::iter::once(self.founded_on).chain(ends);
        let lasts = self.earlier.iter().map(|stood| Some(add_days(stood.until, -1)));
        let lasts = lasts.chain(std::iter::once(self.dissolved_on));
        let was = self.earlier.iter().map(Stood::standing);
        begins.zip(lasts).zip(was.chain(std::iter::once(self.now())))
    }

    /// Itself and everything below which it ever stood.
    pub(crate) fn ever_within(&self) -> BTreeSet<OrganizationId> {
        self.through_time().flat_map(|(_, was)| ids(was.path)).collect()
    }

    /// The days on which it was so, each run of them as one.
    pub fn days_when(&self, so: impl Fn(&Standing<'_>) -> bool) -> Vec<Days> {
        let mut days: Vec<Days> = Vec::new();
        for ((first, last), _) in self.through_time().filter(|(_, was)| so(was)) {
            match days.last_mut() {
                Some((_, until)) if until.is_some_and(|until| add_days(until, 1) == first) => *until = last,
                _ => days.push((first, last)),
            }
        }
        days
    }
}

impl Stood {
    fn standing(&self) -> Standing<'_> {
        Standing {
            path: &self.path,
            kind: self.kind,
            level: self.level,
            domain: self.domain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn path(ids: &[OrganizationId]) -> Arc<[u8]> {
        ids.iter().flat_map(|id| id.bytes()).collect()
    }

    /// A branch of a school until March, of a community from then on; below another town from June on.
    fn branch() -> (Node, [OrganizationId; 3]) {
        let ids: [OrganizationId; 3] = std::array::from_fn(|_| OrganizationId::new());
        let [old, new, own] = ids;
        let stood = |until, domain| Stood {
            until: day(until),
            path: path(&[old, own]),
            kind: OrganizationKind::Branch,
            level: None,
            domain: Some(domain),
        };
        let node = Node {
            id: own,
            path: path(&[new, own]),
            kind: OrganizationKind::Branch,
            level: None,
            domain: Some(Domain::Community),
            founded_on: day("2020-05-01"),
            dissolved_on: Some(day("2025-12-31")),
            earlier: Arc::new([
                stood("2025-03-01", Domain::School),
                stood("2025-06-01", Domain::Community),
            ]),
        };
        (node, ids)
    }

    #[test]
    fn it_is_on_a_day_what_it_was_last_until_then_or_first_after() {
        let (branch, [old, new, _]) = branch();
        let on = |text| {
            let was = branch.on(day(text));
            (was.domain, was.parent())
        };
        let (school, community) = (Some(Domain::School), Some(Domain::Community));
        assert_eq!(on("2019-01-01"), (school, Some(old)), "before it was founded");
        assert_eq!(on("2025-02-28"), (school, Some(old)));
        assert_eq!(on("2025-03-01"), (community, Some(old)));
        assert_eq!(on("2025-05-31"), (community, Some(old)));
        assert_eq!(on("2025-06-01"), (community, Some(new)));
        assert_eq!(on("2026-06-01"), (community, Some(new)), "after it was dissolved");
        assert_eq!(branch.parent(), Some(new));
    }

    #[test]
    fn days_that_follow_each_other_are_one_run() {
        let (branch, [old, new, own]) = branch();
        let below = |top| branch.days_when(|was| was.within(top));
        assert_eq!(below(old), [(day("2020-05-01"), Some(day("2025-05-31")))]);
        assert_eq!(below(new), [(day("2025-06-01"), branch.dissolved_on)]);
        assert_eq!(below(own), [(branch.founded_on, branch.dissolved_on)]);
        assert_eq!(below(OrganizationId::new()), []);
    }
}
