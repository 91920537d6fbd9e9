//! Who takes each step: different persons wherever a procedure wants them apart.

use kernel::{Day, OrganizationKind, Role};

use super::{error::DemoError, rows::Known};
use crate::county::{County, PersonIx};

/// The people of the county, found by role and place.
#[derive(Debug, Clone, Copy)]
pub struct Actors<'a> {
    /// Everything.
    pub county: &'a County,
    /// Their ids.
    pub known: &'a Known,
}

impl Actors<'_> {
    /// The `nth` holder of a role at an organization on a day.
    pub fn holder(&self, role: Role, at: usize, nth: usize, on: Day) -> Result<String, DemoError> {
        let holders = self.holders(role, at, on);
        let person = holders.get(nth).or(holders.last()).copied();
        person.map(|person| self.known.person(person)).ok_or_else(|| {
            let name = &self.county.organizations[at].name;
            DemoError::answer(format!("{name}在 {on} 没有{}", role.name_zh()))
        })
    }

    /// Everybody who holds a role at an organization on a day.
    #[must_use]
    pub fn holders(&self, role: Role, at: usize, on: Day) -> Vec<PersonIx> {
        let grants = self.county.grants.iter();
        let here = grants.filter(|grant| grant.organization == at && grant.role == role);
        let today = here.filter(|grant| grant.from <= on && grant.until.is_none_or(|until| on <= until));
        today.map(|grant| grant.person).collect()
    }

    /// The clerk of the organization department who imports for an organization: its county's, else the root's.
    pub fn importer(&self, of: usize, on: Day) -> Result<(usize, String), DemoError> {
        let place = self.county.organizations[of].county.unwrap_or(0);
        Ok((place, self.holder(Role::OrgDept, place, 0, on)?))
    }

    /// The committee with power to approve above an organization.
    pub fn superior(&self, of: usize) -> Result<usize, DemoError> {
        let name = &self.county.organizations[of].name;
        self.county
            .superior(of)
            .ok_or_else(|| DemoError::answer(format!("{name}没有上级党委")))
    }

    /// The county committee at or above an organization.
    pub fn county_of(&self, of: usize) -> Result<usize, DemoError> {
        let name = &self.county.organizations[of].name;
        self.county.organizations[of]
            .county
            .ok_or_else(|| DemoError::answer(format!("{name}不在任何县之下")))
    }

    /// The county committees.
    #[must_use]
    pub fn counties(&self) -> Vec<usize> {
        let all = self.county.organizations.iter().enumerate();
        all.filter(|(at, one)| one.county == Some(*at) && one.kind == OrganizationKind::LocalCommittee)
            .map(|(at, _)| at)
            .collect()
    }

    /// The local committee above an organization, as the relations `county` and `city` read it: never itself.
    #[must_use]
    pub fn local_above(&self, of: usize, level: kernel::Level) -> Option<usize> {
        let mut at = self.county.organizations[of].parent;
        while let Some(here) = at {
            if self.county.organizations[here].level == Some(level) {
                return Some(here);
            }
            at = self.county.organizations[here].parent;
        }
        None
    }
}
