//! The county as rows of the import RPCs, as they are known on a day. Pure: the same county, ids and days give
//! the same rows, so that a chunk that is sent again is the same chunk.
//!
//! Facts with a date that has not come are not known: a row is sent when it first is, and again when it
//! changes. Records that are complete at once are sent once.

use kernel::Day;
use proto::kernel::v1::ExternalId;

use super::ids::Ids;
use crate::county::{County, PersonIx};

pub mod library;
pub mod life;
pub mod members;
pub mod organizations;
pub mod support;

/// The system whose ids the rows carry.
pub const SYSTEM: &str = "demo";

/// What the services have answered: the ids of what was loaded.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// By place among the organizations; empty until loaded.
    pub organizations: Vec<String>,
    /// By place among the party groups; empty until loaded.
    pub groups: Vec<String>,
    /// By place among the persons; members' are empty until loaded, the others' are made here.
    pub persons: Vec<String>,
    /// By place among the resources; empty until loaded.
    pub resources: Vec<String>,
    /// By place among the sites; empty until known.
    pub sites: Vec<String>,
}

impl Known {
    /// Nothing is loaded yet.
    #[must_use]
    pub fn new(county: &County, ids: &Ids) -> Self {
        let outsiders = county.persons.iter().enumerate();
        let person =
            |(at, person): (usize, &crate::county::people::Person)| match at < county.memberships.len() {
                true => String::new(),
                false => ids.person(&person.external_id),
            };
        Self {
            organizations: vec![String::new(); county.organizations.len()],
            groups: vec![String::new(); county.groups.len()],
            persons: outsiders.map(person).collect(),
            resources: vec![String::new(); county.resources.len()],
            sites: county
                .sites
                .iter()
                .map(|site| ids.of("site", &site.external_id))
                .collect(),
        }
    }

    /// The id of a person.
    #[must_use]
    pub fn person(&self, at: PersonIx) -> String {
        self.persons.get(at as usize).cloned().unwrap_or_default()
    }

    /// The ids of persons.
    #[must_use]
    pub fn people(&self, all: &[PersonIx]) -> Vec<String> {
        all.iter().map(|at| self.person(*at)).collect()
    }

    /// The id of an organization.
    #[must_use]
    pub fn organization(&self, at: usize) -> String {
        self.organizations[at].clone()
    }
}

/// What the rows of a stage are made from.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Everything.
    pub county: &'a County,
    /// What the services have answered.
    pub known: &'a Known,
    /// The day before which everything was sent already; none at the first stage.
    pub sent: Option<Day>,
    /// Today.
    pub today: Day,
    /// Whether this is the last stage: what is still open is sent as it stands.
    pub last: bool,
}

impl Sight<'_> {
    /// Whether something that becomes known on a day is sent at this stage.
    #[must_use]
    pub fn now(&self, known_on: Day) -> bool {
        self.sent.is_none_or(|sent| sent < known_on) && (known_on <= self.today || self.last)
    }

    /// The rows that are new or different since the last stage, each with its line.
    pub fn changed<R: PartialEq>(&self, many: usize, row: impl Fn(usize, Day) -> Option<R>) -> Vec<R> {
        (0..many)
            .filter_map(|at| {
                let now = row(at, self.today)?;
                let before = self.sent.and_then(|sent| row(at, sent));
                (before.as_ref() != Some(&now)).then_some(now)
            })
            .collect()
    }

    /// A day that has come, in the contract's form; empty otherwise.
    fn past(&self, day: Option<Day>) -> String {
        known(day, self.today)
    }
}

/// A day that has come on another day, in the contract's form; empty otherwise.
fn known(day: Option<Day>, on: Day) -> String {
    day.filter(|day| *day <= on).map(text).unwrap_or_default()
}

/// A day in the contract's form.
#[must_use]
pub fn text(day: Day) -> String {
    day.to_string()
}

/// An external id of ours.
#[must_use]
pub fn external(value: impl Into<String>) -> Option<ExternalId> {
    Some(ExternalId {
        system: SYSTEM.into(),
        value: value.into(),
    })
}

/// The line of a record: its place in its list, from 1.
#[must_use]
pub fn line(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
