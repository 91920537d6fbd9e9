//! Who calls: a person with his grants, a service of the suite, or nobody.

use std::collections::BTreeSet;

use kernel::{Day, Role, Who, id::OrganizationId, role::Relation};
use serde::{Deserialize, Serialize};

use crate::{
    range::{Range, Ranges},
    scope::Scopes,
};

/// How surely the caller was recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One factor.
    One,
    /// Two factors, one of them cryptographic (N-20).
    Two,
}

/// A role that a person holds at an organization until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where it is held.
    pub organization: OrganizationId,
    /// Its last day; `None` for no end.
    pub until: Option<Day>,
}

/// What the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Somebody who signed in.
    Person,
    /// A service of the suite, an operator's command or the driver of the clock, acting for itself.
    Service,
    /// Nobody signed in.
    Nobody,
}

/// The caller of a request, as the verified context says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// What he is.
    pub standing: Standing,
    /// The person's id, or the service's name; empty for nobody.
    pub subject: String,
    /// The session, for the audit trail.
    pub session: String,
    /// How surely he was recognized.
    pub level: Level,
    /// The roles that he holds.
    pub grants: Vec<Grant>,
    /// The epoch of the grants; contexts of an older one are refused.
    pub epoch: u64,
}

impl Caller {
    /// Nobody: for public RPCs.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            standing: Standing::Nobody,
            subject: String::new(),
            session: String::new(),
            level: Level::One,
            grants: Vec::new(),
            epoch: 0,
        }
    }

    /// A service of the suite acting for itself.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self {
            standing: Standing::Service,
            subject: name.to_owned(),
            level: Level::Two,
            ..Self::nobody()
        }
    }

    /// The grants that hold on a day.
    pub fn grants_on(&self, today: Day) -> impl Iterator<Item = &Grant> {
        self.grants
            .iter()
            .filter(move |grant| grant.until.is_none_or(|until| today <= until))
    }

    /// The organization at which the caller holds the right towards `subject`, if he does.
    #[must_use]
    pub fn holds(
        &self,
        who: Who,
        subject: OrganizationId,
        scopes: &Scopes,
        today: Day,
    ) -> Option<OrganizationId> {
        self.grants_on(today)
            .filter(|grant| grant.role == who.role)
            .map(|grant| grant.organization)
            .find(|held_at| scopes.stands(*held_at, who.relation, subject))
    }

    /// Whether he holds one of the roles anywhere: who holds none may know that he may not.
    #[must_use]
    pub fn holds_any_role(&self, who: &[Who], today: Day) -> bool {
        let roles: BTreeSet<Role> = who.iter().map(|w| w.role).collect();
        self.grants_on(today).any(|grant| roles.contains(&grant.role))
    }

    /// The part of the tree that the rights open: `own` opens the organization itself, `ancestor` what lies
    /// below it, `any` everything.
    #[must_use]
    pub fn ranges(&self, who: &[Who], scopes: &Scopes, today: Day) -> Ranges {
        let mut open = Vec::new();
        for grant in self.grants_on(today) {
            let Some(path) = scopes.path(grant.organization) else {
                continue;
            };
            for right in who.iter().filter(|right| right.role == grant.role) {
                match right.relation {
                    Relation::Own => open.push(Range::only(&path)),
                    Relation::Ancestor => open.push(Range::below(&path)),
                    Relation::Any => return Ranges::all(),
                    _ => {}
                }
            }
        }
        Ranges::of(open)
    }
}
