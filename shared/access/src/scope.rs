//! The tree in memory: what every service knows of every organization, fed from organization's feed. Deciding
//! by subtree never needs a remote call.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use kernel::{Day, Domain, Level, OrganizationKind, Relation, id::OrganizationId};

use crate::range::{Range, STEP, ids};

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
        self.above().last()
    }

    /// The organizations above, from the root.
    fn above(&self) -> impl DoubleEndedIterator<Item = OrganizationId> {
        let own = self.path.len().saturating_sub(STEP);
        let above: Vec<OrganizationId> = ids(self.path.get(..own).unwrap_or_default()).collect();
        above.into_iter()
    }
}

/// All organizations that a service knows. Cheap to clone; clones share the tree.
#[derive(Debug, Clone, Default)]
pub struct Scopes {
    tree: Arc<RwLock<Tree>>,
}

#[derive(Debug, Default)]
struct Tree {
    by_id: HashMap<OrganizationId, Arc<Node>>,
    by_path: BTreeMap<Arc<[u8]>, Arc<Node>>,
}

impl Scopes {
    /// Takes over or replaces organizations. The whole change is seen at once: no reader sees a mixed tree.
    pub fn apply(&self, nodes: impl IntoIterator<Item = Node>) {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        for node in nodes.into_iter().map(Arc::new) {
            if let Some(old) = tree.by_id.insert(node.id, node.clone())
                && old.path != node.path
                && tree
                    .by_path
                    .get(&old.path)
                    .is_some_and(|there| there.id == old.id)
            {
                tree.by_path.remove(&old.path);
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
        let range = Range::subtree(&path);
        let end = range.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.tree()
            .by_path
            .range::<[u8], _>((Bound::Included(range.start.as_slice()), end))
            .map(|(_, n)| n.clone())
            .collect()
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
        let node = self.get(subject)?;
        match relation {
            Relation::Own => Some(subject),
            Relation::Parent => node.parent(),
            Relation::Superior => self.superior(&node),
            Relation::Upper => self.superior(&*self.get(self.superior(&node)?)?),
            Relation::County => self.local(&node, Level::County),
            Relation::City => self.local(&node, Level::City),
            Relation::Province => self.local(&node, Level::Province),
            _ => None,
        }
    }

    /// The lowest committee with power to approve above both.
    #[must_use]
    pub fn common(&self, one: OrganizationId, other: OrganizationId) -> Option<OrganizationId> {
        let other = self.path(other)?;
        self.get(one)?
            .above()
            .rev()
            .filter_map(|id| self.get(id))
            .find(|node| {
                node.kind.approves() && other.len() > node.path.len() && other.starts_with(&node.path)
            })
            .map(|node| node.id)
    }

    fn superior(&self, node: &Node) -> Option<OrganizationId> {
        node.above()
            .rev()
            .filter_map(|id| self.get(id))
            .find(|above| above.kind.approves())
            .map(|above| above.id)
    }

    fn local(&self, node: &Node, level: Level) -> Option<OrganizationId> {
        node.above()
            .rev()
            .filter_map(|id| self.get(id))
            .find(|above| above.level == Some(level))
            .map(|above| above.id)
    }
}

#[cfg(test)]
mod tests {
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
