//! Who may: `role@relation` against what somebody holds (process.md part 3).

use kernel::{Relation, Role, id::OrganizationId, role::Anchor};

use super::{
    case::Case,
    circumstances::Circumstances,
    entry::Held,
    event::{Actor, Refused},
};
use crate::definition::words::Right;

/// How an actor stands to some rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// He may, in this right.
    May(Held),
    /// He holds none of the roles.
    NoRole,
    /// He holds the role, elsewhere.
    Elsewhere,
    /// He may, but the case is about himself.
    OwnCase,
}

impl Standing {
    /// The right, or the refusal.
    pub(crate) fn held(self) -> Result<Held, Refused> {
        match self {
            Self::May(held) => Ok(held),
            Self::NoRole => Err(Refused::new("ROLE_NOT_ENTITLED")),
            Self::Elsewhere => Err(Refused::new("ORG_NOT_ENTITLED")),
            Self::OwnCase => Err(Refused::new("OWN_CASE")),
        }
    }
}

/// How the actor stands to the rights in this case.
pub(crate) fn standing(c: &Circumstances<'_>, case: &Case, rights: &[Right], actor: &Actor) -> Standing {
    let concerned = actor.person.is_some() && actor.person == case.opening().person;
    let mut has_role = false;
    let mut own_case = false;
    for Right(who) in rights {
        let nowhere = Held {
            role: who.role,
            organization: None,
        };
        match (who.role, who.relation) {
            (Role::System, _) if actor.system => return Standing::May(nowhere),
            (Role::Anyone, _) if !actor.system => return Standing::May(nowhere),
            (Role::Person, Relation::SelfPerson) if concerned => return Standing::May(nowhere),
            (Role::System | Role::Anyone | Role::Person, _) => {}
            _ => {
                let held = actor
                    .holds
                    .iter()
                    .filter(|(role, at)| *role == who.role && actor.at.is_none_or(|a| a == *at));
                for (role, at) in held {
                    has_role = true;
                    if stands(c, case, *who, *at) {
                        if !concerned {
                            return Standing::May(Held {
                                role: *role,
                                organization: Some(*at),
                            });
                        }
                        own_case = true;
                    }
                }
            }
        }
    }
    match (own_case, has_role) {
        (true, _) => Standing::OwnCase,
        (false, true) => Standing::Elsewhere,
        (false, false) => Standing::NoRole,
    }
}

/// The organizations at which a right is held in this case; empty for the person, the public, the engine
/// and `any`, which name no organization.
#[must_use]
pub fn holders(c: &Circumstances<'_>, case: &Case, right: Right) -> Vec<OrganizationId> {
    let of = |from| match right.0.relation {
        Relation::Ancestor => c.tree.above(from).collect(),
        relation => c
            .tree
            .related(from, relation, case.opening().target)
            .into_iter()
            .collect::<Vec<_>>(),
    };
    anchors(case, right.0.anchor).into_iter().flat_map(of).collect()
}

fn stands(c: &Circumstances<'_>, case: &Case, who: kernel::Who, at: OrganizationId) -> bool {
    who.relation == Relation::Any || holders(c, case, Right(who)).contains(&at)
}

fn anchors(case: &Case, anchor: Anchor) -> Vec<OrganizationId> {
    match anchor {
        Anchor::Subject => vec![case.organization()],
        Anchor::Target => case.opening().target.into_iter().collect(),
        Anchor::Side => case.opening().sides.clone(),
    }
}
