//! The tree in memory: what every service knows of every organization, fed from organization's feed. Deciding
//! by subtree never needs a remote call.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use kernel::{Day, Level, Relation, id::OrganizationId};

use crate::{
    node::{Node, Standing},
    range::{Range, Ranges},
};

/// All organizations that a service knows. Cheap to clone; clones share the tree.
#[derive(Debug, Clone, Default)]
pub struct Scopes {
    tree: Arc<RwLock<Tree>>,
}

#[derive(Debug, Default)]
struct Tree {
    by_id: HashMap<OrganizationId, Arc<Node>>,
    by_path: BTreeMap<Arc<[u8]>, Arc<Node>>,
    /// Those that were something else before, by each organization that they ever stood at or below: few.
    changed: HashMap<OrganizationId, BTreeMap<OrganizationId, Arc<Node>>>,
}

impl Tree {
    /// In order of path: parents before children.
    fn within(&self, range: &Range) -> impl Iterator<Item = &Arc<Node>> {
        let end = range.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let part = (Bound::Included(range.start.as_slice()), end);
        self.by_path.range::<[u8], _>(part).map(|(_, node)| node)
    }

    fn changed_below(&self, top: OrganizationId) -> impl Iterator<Item = &Arc<Node>> {
        self.changed.get(&top).into_iter().flat_map(BTreeMap::values)
    }

    fn forget_changes(&mut self, node: &Node) {
        for top in node.ever_within() {
            if let Some(below) = self.changed.get_mut(&top) {
                below.remove(&node.id);
            }
        }
    }

    fn note_changes(&mut self, node: &Arc<Node>) {
        for top in node.ever_within() {
            self.changed.entry(top).or_default().insert(node.id, node.clone());
        }
    }
}

/// The subtree of an organization as it was on a day, in the words of today's paths. What did not move with it, since
/// it was no more, or was taken over afterwards, stands in it all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Then {
    /// The subtree of today.
    pub now: Range,
    /// What stands today where the organization stands or stood.
    pub around: Ranges,
    /// What stands there today and stood elsewhere on the day.
    pub without: Vec<OrganizationId>,
    /// What stands elsewhere today and stood there on the day.
    pub with: Vec<OrganizationId>,
}

impl Scopes {
    /// Takes over or replaces organizations. The whole change is seen at once: no reader sees a mixed tree.
    pub fn apply(&self, nodes: impl IntoIterator<Item = Node>) {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        for node in nodes.into_iter().map(Arc::new) {
            if let Some(old) = tree.by_id.insert(node.id, node.clone()) {
                let there = tree
                    .by_path
                    .get(&old.path)
                    .is_some_and(|there| there.id == old.id);
                if old.path != node.path && there {
                    tree.by_path.remove(&old.path);
                }
                if !old.earlier.is_empty() {
                    tree.forget_changes(&old);
                }
            }
            if !node.earlier.is_empty() {
                tree.note_changes(&node);
            }
            tree.by_path.insert(node.path.clone(), node);
        }
    }

    fn tree(&self) -> RwLockReadGuard<'_, Tree> {
        self.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// One organization.
    #[must_use]
    pub fn get(&self, id: OrganizationId) -> Option<Arc<Node>> {
        self.tree().by_id.get(&id).cloned()
    }

    /// Its path.
    #[must_use]
    pub fn path(&self, id: OrganizationId) -> Option<Arc<[u8]>> {
        self.get(id).map(|node| node.path.clone())
    }

    /// How many are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tree().by_id.len()
    }

    /// Whether none is known yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The organizations of a subtree, in order of path: parents before children.
    #[must_use]
    pub fn subtree(&self, top: OrganizationId) -> Vec<Arc<Node>> {
        let Some(path) = self.path(top) else {
            return Vec::new();
        };
        let tree = self.tree();
        tree.within(&Range::subtree(&path)).cloned().collect()
    }

    /// The subtree as it was on a day; `None` for what is not known.
    #[must_use]
    pub fn then(&self, top: OrganizationId, day: Day) -> Option<Then> {
        let tree = self.tree();
        let node = tree.by_id.get(&top)?;
        let around = around(node);
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for one in tree.changed_below(top) {
            match (around.contains(&one.path), one.on(day).within(top)) {
                (true, false) => without.push(one.id),
                (false, true) => with.push(one.id),
                _ => {}
            }
        }
        Some(Then {
            now: Range::subtree(&node.path),
            around,
            without,
            with,
        })
    }

    /// The organizations of a subtree as it was on a day, in order of their paths then: parents before children.
    #[must_use]
    pub fn subtree_on(&self, top: OrganizationId, day: Day) -> Vec<Arc<Node>> {
        let mut found = self.ever_below(top);
        found.retain(|node| node.on(day).within(top));
        found.sort_by(|one, other| one.on(day).path.cmp(other.on(day).path));
        found
    }

    /// The organization and everything that stands below it or ever did, each once, in no order.
    #[must_use]
    pub fn ever_below(&self, top: OrganizationId) -> Vec<Arc<Node>> {
        let tree = self.tree();
        let Some(node) = tree.by_id.get(&top) else {
            return Vec::new();
        };
        let around = around(node);
        let unchanged = around
            .iter()
            .flat_map(|range| tree.within(range))
            .filter(|node| node.earlier.is_empty());
        unchanged.chain(tree.changed_below(top)).cloned().collect()
    }

    /// Whether `above` is `below` itself or stands above it.
    #[must_use]
    pub fn covers(&self, above: OrganizationId, below: OrganizationId) -> bool {
        match (self.path(above), self.path(below)) {
            (Some(above), Some(below)) => below.starts_with(&above),
            _ => false,
        }
    }

    /// Whether `held_at` stands in the relation to `subject`. Relations to persons and to the case's other
    /// organizations are the process engine's and are false here.
    #[must_use]
    pub fn stands(&self, held_at: OrganizationId, relation: Relation, subject: OrganizationId) -> bool {
        match relation {
            Relation::Own => held_at == subject,
            Relation::Any => true,
            Relation::Ancestor => held_at != subject && self.covers(held_at, subject),
            _ => self.related(subject, relation) == Some(held_at),
        }
    }

    /// The organization that stands in a relation which only one can have: parent, superior, upper, county,
    /// city, province. A branch is never its own superior (process.md part 3).
    #[must_use]
    pub fn related(&self, subject: OrganizationId, relation: Relation) -> Option<OrganizationId> {
        self.related_at(subject, relation, None)
    }

    /// The one that stood in the relation on a day.
    #[must_use]
    pub fn related_on(
        &self,
        subject: OrganizationId,
        relation: Relation,
        day: Day,
    ) -> Option<OrganizationId> {
        self.related_at(subject, relation, Some(day))
    }

    fn related_at(
        &self,
        subject: OrganizationId,
        relation: Relation,
        day: Option<Day>,
    ) -> Option<OrganizationId> {
        let level = |level| self.above(subject, day, |above| above.level == Some(level));
        let superior = |of| self.above(of, day, |above| above.kind.approves());
        match relation {
            Relation::Own => self.get(subject).map(|node| node.id),
            Relation::Parent => at(&*self.get(subject)?, day).parent(),
            Relation::Superior => superior(subject),
            Relation::Upper => superior(superior(subject)?),
            Relation::County => level(Level::County),
            Relation::City => level(Level::City),
            Relation::Province => level(Level::Province),
            _ => None,
        }
    }

    /// The nearest one above that is so; as of a day, or today.
    fn above(
        &self,
        subject: OrganizationId,
        day: Option<Day>,
        so: impl Fn(&Standing<'_>) -> bool,
    ) -> Option<OrganizationId> {
        let node = self.get(subject)?;
        let mut above = at(&node, day).above().rev().filter_map(|id| self.get(id));
        above.find(|above| so(&at(above, day))).map(|above| above.id)
    }

    /// The lowest committee with power to approve above both.
    #[must_use]
    pub fn common(&self, one: OrganizationId, other: OrganizationId) -> Option<OrganizationId> {
        let other = self.path(other)?;
        self.get(one)?
            .now()
            .above()
            .rev()
            .filter_map(|id| self.get(id))
            .find(|node| {
                node.kind.approves() && other.len() > node.path.len() && other.starts_with(&node.path)
            })
            .map(|node| node.id)
    }
}

fn at(node: &Node, day: Option<Day>) -> Standing<'_> {
    day.map_or_else(|| node.now(), |day| node.on(day))
}

/// Where it stands or ever stood, with all that stands there.
fn around(node: &Node) -> Ranges {
    Ranges::of(node.through_time().map(|(_, was)| Range::subtree(was.path)))
}

#[cfg(test)]
mod tests {
    use kernel::OrganizationKind;

    use super::*;

    fn tree() -> (Scopes, [OrganizationId; 6]) {
        use OrganizationKind::{Branch, Committee, GeneralBranch, LocalCommittee};
        let ids: [OrganizationId; 6] = std::array::from_fn(|_| OrganizationId::new());
        let [county, town, general, branch, office, far] = ids;
        let node = |path: &[OrganizationId], kind, level| Node {
            id: path[path.len() - 1],
            path: path.iter().flat_map(|id| id.bytes()).collect(),
            kind,
            level,
            domain: None,
            founded_on: "2000-01-01".parse().expect("day"),
            dissolved_on: None,
            earlier: Arc::default(),
        };
        let scopes = Scopes::default();
        scopes.apply([
            node(&[county], LocalCommittee, Some(Level::County)),
            node(&[county, town], Committee, None),
            node(&[county, town, general], GeneralBranch, None),
            node(&[county, town, general, branch], Branch, None),
            node(&[county, office], Committee, None),
            node(&[county, office, far], Branch, None),
        ]);
        (scopes, ids)
    }

    #[test]
    fn the_superior_of_a_branch_passes_over_the_general_branch() {
        let (scopes, [county, town, general, branch, ..]) = tree();
        assert_eq!(scopes.related(branch, Relation::Parent), Some(general));
        assert_eq!(scopes.related(branch, Relation::Superior), Some(town), "R-144");
        assert_eq!(scopes.related(branch, Relation::Upper), Some(county));
        assert_eq!(scopes.related(branch, Relation::County), Some(county));
        assert_eq!(scopes.related(county, Relation::Superior), None);
    }

    #[test]
    fn an_organization_is_not_its_own_ancestor() {
        let (scopes, [county, town, _, branch, office, _]) = tree();
        assert!(scopes.stands(county, Relation::Ancestor, branch));
        assert!(!scopes.stands(branch, Relation::Ancestor, branch));
        assert!(
            !scopes.stands(office, Relation::Ancestor, branch),
            "a sibling's committee"
        );
        assert!(scopes.stands(town, Relation::Superior, branch));
        assert!(!scopes.stands(OrganizationId::new(), Relation::Own, branch));
    }

    #[test]
    fn two_branches_meet_at_the_lowest_committee_above_both() {
        let (scopes, [county, town, general, branch, _, far]) = tree();
        assert_eq!(scopes.common(branch, far), Some(county));
        assert_eq!(scopes.common(branch, general), Some(town));
    }

    #[test]
    fn a_subtree_lists_parents_before_children() {
        let (scopes, [_, town, general, branch, ..]) = tree();
        let listed: Vec<_> = scopes.subtree(town).iter().map(|node| node.id).collect();
        assert_eq!(listed, [town, general, branch]);
    }
}
