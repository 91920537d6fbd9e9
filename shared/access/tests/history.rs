//! The tree as it was on any day, over generated histories, against a model that keeps the whole tree of every day.

use std::{collections::BTreeSet, sync::Arc};

use access::{Node, Scopes, Stood};
use kernel::{Day, Domain, OrganizationKind, Relation, day::add_days, id::OrganizationId};
use proptest::{prelude::*, sample::Index};

/// What happens on one day.
#[derive(Debug, Clone)]
enum Change {
    /// One goes below another one, unless that stands below it.
    Move(Index, Index),
    /// One is of another domain.
    Rename(Index, Domain),
    /// Nothing.
    Rest,
}

fn change() -> impl Strategy<Value = Change> {
    let domain = prop::sample::select(vec![Domain::Rural, Domain::School, Domain::Private]);
    prop_oneof![
        3 => (any::<Index>(), any::<Index>()).prop_map(|(one, to)| Change::Move(one, to)),
        1 => (any::<Index>(), domain).prop_map(|(one, domain)| Change::Rename(one, domain)),
        1 => Just(Change::Rest),
    ]
}

/// The tree on one day: above whom, and of which domain, each one stands.
#[derive(Debug, Clone)]
struct Tree(Vec<(Option<usize>, Domain)>);

impl Tree {
    fn chain(&self, at: usize) -> Vec<usize> {
        let mut chain: Vec<usize> = std::iter::successors(Some(at), |one| self.0[*one].0).collect();
        chain.reverse();
        chain
    }

    fn then(&self, change: &Change) -> Self {
        let (mut next, many) = (self.clone(), self.0.len());
        match change {
            Change::Move(one, to) => {
                let (one, to) = (one.index(many), to.index(many));
                if one > 0 && !self.chain(to).contains(&one) {
                    next.0[one].0 = Some(to);
                }
            }
            Change::Rename(one, domain) => next.0[one.index(many)].1 = *domain,
            Change::Rest => {}
        }
        next
    }
}

/// The trees of all days so far.
struct History {
    ids: Vec<OrganizationId>,
    days: Vec<Tree>,
}

impl History {
    fn day(at: usize) -> Day {
        add_days(
            "2025-01-01".parse().expect("a day"),
            i64::try_from(at).expect("few"),
        )
    }

    fn path(&self, tree: &Tree, at: usize) -> Arc<[u8]> {
        tree.chain(at)
            .into_iter()
            .flat_map(|one| self.ids[one].bytes())
            .collect()
    }

    /// What organization's feed would tell of one after the last of these days.
    fn node(&self, at: usize) -> Node {
        let was = |tree: &Tree| (self.path(tree, at), tree.0[at].1);
        let mut earlier = Vec::new();
        for (on, (before, after)) in self.days.iter().zip(self.days.iter().skip(1)).enumerate() {
            let (path, domain) = was(before);
            if was(after) != (path.clone(), domain) {
                earlier.push(Stood {
                    until: Self::day(on + 1),
                    path,
                    kind: OrganizationKind::Branch,
                    level: None,
                    domain: Some(domain),
                });
            }
        }
        let (path, domain) = was(self.days.last().expect("a day"));
        Node {
            id: self.ids[at],
            path,
            kind: OrganizationKind::Branch,
            level: None,
            domain: Some(domain),
            founded_on: Self::day(0),
            dissolved_on: None,
            earlier: earlier.into(),
        }
    }

    fn below(&self, tree: &Tree, top: usize) -> BTreeSet<OrganizationId> {
        let all = 0..self.ids.len();
        all.filter(|one| tree.chain(*one).contains(&top))
            .map(|one| self.ids[one])
            .collect()
    }
}

proptest! {
    #[test]
    fn every_subtree_of_every_day_is_the_one_that_stood_then(
        above in prop::collection::vec(any::<Index>(), 1..9),
        changes in prop::collection::vec((change(), any::<bool>()), 0..12),
    ) {
        let below = above.iter().enumerate().map(|(at, index)| (Some(index.index(at + 1)), Domain::Rural));
        let first = Tree(std::iter::once((None, Domain::Rural)).chain(below).collect());
        let ids = first.0.iter().map(|_| OrganizationId::new()).collect();
        let mut history = History { ids, days: vec![first] };
        let scopes = Scopes::default();
        let all = 0..history.ids.len();
        scopes.apply(all.clone().map(|at| history.node(at)));
        for (change, same_day) in &changes {
            let next = history.days.last().expect("a day").then(change);
            // What changes twice in a day was never what it was in between.
            if *same_day {
                history.days.pop();
            }
            history.days.push(next);
            // As the feed tells it: children before parents too.
            scopes.apply(all.clone().rev().map(|at| history.node(at)));
        }

        for (on, tree) in history.days.iter().enumerate() {
            let day = History::day(on);
            for top in all.clone() {
                let expected = history.below(tree, top);
                let found = scopes.subtree_on(history.ids[top], day);
                let ids: Vec<_> = found.iter().map(|node| node.id).collect();
                prop_assert_eq!(ids.len(), expected.len(), "each once");
                prop_assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), expected.clone());
                for (at, node) in found.iter().enumerate() {
                    let parent = scopes.related_on(node.id, Relation::Parent, day);
                    let before = parent.is_none_or(|parent| ids[..at].contains(&parent));
                    prop_assert!(at == 0 || before, "parents before children");
                }

                let then = scopes.then(history.ids[top], day).expect("known");
                for one in all.clone() {
                    let id = history.ids[one];
                    let today = then.around.contains(&scopes.path(id).expect("known"));
                    let counts = today && !then.without.contains(&id) || then.with.contains(&id);
                    prop_assert_eq!(counts, expected.contains(&id), "in the words of today's paths");
                }
                let node = scopes.get(history.ids[top]).expect("known");
                prop_assert_eq!(node.on(day).domain, Some(tree.0[top].1));
            }
        }
        for top in all.clone() {
            let ever: BTreeSet<_> = scopes.ever_below(history.ids[top]).iter().map(|node| node.id).collect();
            let expected = history.days.iter().flat_map(|tree| history.below(tree, top)).collect();
            prop_assert_eq!(ever, expected);
            for one in all.clone() {
                let node = scopes.get(history.ids[one]).expect("known");
                let days = node.days_when(|was| was.within(history.ids[top]));
                let on = |day: Day| days.iter().any(|(from, last)| *from <= day && last.is_none_or(|last| day <= last));
                for (at, tree) in history.days.iter().enumerate() {
                    prop_assert_eq!(on(History::day(at)), tree.chain(one).contains(&top));
                }
            }
        }
    }
}

#[test]
fn what_did_not_move_along_stays_in_the_subtree_of_its_own_parent() {
    let [old, new, town, gone, late] = std::array::from_fn(|_| OrganizationId::new());
    let path = |ids: &[OrganizationId]| -> Arc<[u8]> { ids.iter().flat_map(|id| id.bytes()).collect() };
    let node = |ids: &[OrganizationId]| Node {
        id: ids[ids.len() - 1],
        path: path(ids),
        kind: OrganizationKind::Committee,
        level: None,
        domain: None,
        founded_on: "2000-01-01".parse().expect("a day"),
        dissolved_on: None,
        earlier: Arc::default(),
    };
    let moved = Stood {
        until: "2025-06-01".parse().expect("a day"),
        path: path(&[old, town]),
        kind: OrganizationKind::Committee,
        level: None,
        domain: None,
    };
    let scopes = Scopes::default();
    scopes.apply([
        node(&[old]),
        node(&[new]),
        Node {
            earlier: Arc::new([moved]),
            ..node(&[new, town])
        },
        Node {
            dissolved_on: "2025-03-31".parse().ok(),
            ..node(&[old, town, gone])
        },
        node(&[new, town, late]),
    ]);
    for day in ["2025-03-01", "2025-07-01"] {
        let day = day.parse().expect("a day");
        let found: BTreeSet<_> = scopes.subtree_on(town, day).iter().map(|node| node.id).collect();
        assert_eq!(found, BTreeSet::from([town, gone, late]), "{day}");
    }
}
