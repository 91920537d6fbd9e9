//! The part of the tree of organizations that a case needs, and the relations of process.md part 3.

use std::collections::BTreeMap;

use kernel::{Level, OrganizationKind, Relation, id::OrganizationId};
use serde::{Deserialize, Serialize};

/// One organization in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its direct parent.
    pub parent: Option<OrganizationId>,
    /// Its kind.
    pub kind: OrganizationKind,
    /// Level of a local committee.
    pub level: Option<Level>,
}

/// Organizations by id: at least those of the case with everything above them.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: BTreeMap<OrganizationId, Node>,
}

impl FromIterator<(OrganizationId, Node)> for Tree {
    fn from_iter<I: IntoIterator<Item = (OrganizationId, Node)>>(nodes: I) -> Self {
        Self {
            nodes: nodes.into_iter().collect(),
        }
    }
}

impl Tree {
    /// Everything above, nearest first; an organization is never above itself, and a ring ends.
    pub fn above(&self, organization: OrganizationId) -> impl Iterator<Item = OrganizationId> {
        let mut next = self.parent(organization);
        std::iter::from_fn(move || {
            let one = next?;
            next = self.parent(one).filter(|up| *up != organization);
            Some(one)
        })
        .take(self.nodes.len())
    }

    /// The organization in the relation; `None` for relations that name several (`ancestor`, `any`) or none.
    #[must_use]
    pub fn related(
        &self,
        from: OrganizationId,
        relation: Relation,
        target: Option<OrganizationId>,
    ) -> Option<OrganizationId> {
        match relation {
            Relation::Own => Some(from),
            Relation::Parent => self.parent(from),
            Relation::Superior => self.superior(from),
            Relation::Upper => self.superior(from).and_then(|superior| self.superior(superior)),
            Relation::County => self.local(from, Level::County),
            Relation::City => self.local(from, Level::City),
            Relation::Province => self.local(from, Level::Province),
            Relation::Common => self.common(from, target?),
            Relation::SelfPerson
            | Relation::Ancestor
            | Relation::Any
            | Relation::Public
            | Relation::Engine => None,
        }
    }

    /// Nearest committee above with power to approve: 党总支 and 党组 are passed over.
    fn superior(&self, from: OrganizationId) -> Option<OrganizationId> {
        self.above(from).find(|up| self.approves(*up))
    }

    fn local(&self, from: OrganizationId, level: Level) -> Option<OrganizationId> {
        self.above(from).find(|up| {
            self.nodes.get(up).is_some_and(|node| {
                node.kind == OrganizationKind::LocalCommittee && node.level == Some(level)
            })
        })
    }

    fn common(&self, from: OrganizationId, target: OrganizationId) -> Option<OrganizationId> {
        self.above(from)
            .find(|up| self.approves(*up) && self.above(target).any(|other| other == *up))
    }

    fn approves(&self, organization: OrganizationId) -> bool {
        self.nodes
            .get(&organization)
            .is_some_and(|node| node.kind.approves())
    }

    fn parent(&self, organization: OrganizationId) -> Option<OrganizationId> {
        self.nodes.get(&organization).and_then(|node| node.parent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> OrganizationId {
        OrganizationId(uuid::Uuid::from_u128(n))
    }

    fn tree() -> Tree {
        use OrganizationKind::{Branch, Committee, GeneralBranch, LeadingGroup, LocalCommittee};
        [
            (1, None, LocalCommittee, Some(Level::County)),
            (2, Some(1), Committee, None),
            (3, Some(2), GeneralBranch, None),
            (4, Some(3), Branch, None),
            (5, Some(2), LeadingGroup, None),
            (6, Some(5), Branch, None),
        ]
        .into_iter()
        .map(|(n, parent, kind, level)| {
            (
                id(n),
                Node {
                    parent: parent.map(id),
                    kind,
                    level,
                },
            )
        })
        .collect()
    }

    #[test]
    fn the_superior_passes_over_a_general_branch_and_a_party_group_r_144() {
        for branch in [4, 6] {
            assert_eq!(tree().related(id(branch), Relation::Superior, None), Some(id(2)));
            assert_eq!(tree().related(id(branch), Relation::Upper, None), Some(id(1)));
        }
        assert_eq!(tree().related(id(4), Relation::Parent, None), Some(id(3)));
    }

    #[test]
    fn nobody_is_above_himself() {
        assert_eq!(tree().related(id(1), Relation::Superior, None), None);
        assert_eq!(tree().related(id(1), Relation::County, None), None);
        let ring: Tree = [(1, 2), (2, 1)]
            .map(|(n, up)| {
                (
                    id(n),
                    Node {
                        parent: Some(id(up)),
                        kind: OrganizationKind::Committee,
                        level: None,
                    },
                )
            })
            .into_iter()
            .collect();
        assert_eq!(ring.above(id(1)).collect::<Vec<_>>(), [id(2)]);
    }

    #[test]
    fn the_common_superior_is_the_lowest_committee_above_both() {
        assert_eq!(tree().related(id(4), Relation::Common, Some(id(6))), Some(id(2)));
        assert_eq!(tree().related(id(4), Relation::Common, Some(id(2))), Some(id(1)));
        assert_eq!(tree().related(id(4), Relation::Common, Some(id(9))), None);
    }
}
