//! One county or city with a whole year of Party life, made from its administrative divisions and a seed.
//!
//! Names and codes of places are real, everything else is invented and shows it (`data/README.md`). The same
//! file, seed and year give the same value on every machine, field by field. Nothing here talks to a service:
//! the loader takes each list and sends it through the public RPCs.
//!
//! People are numbered by [`PersonIx`]; organizations, units, groups, meetings and catalogue entries by their
//! place in their list. A list never refers forward to a record that its owner has to know first.

use std::ops::Range;

use kernel::Day;

pub mod codes;
pub mod defects;
mod dice;
pub mod divisions;
pub mod hours;
pub mod library;
pub mod marks;
pub mod meetings;
mod names;
pub mod people;
mod plan;
pub mod posts;
pub mod records;
pub mod roles;
pub mod support;
pub mod tree;

use defects::Defect;
use divisions::Divisions;

/// A person's place in [`County::persons`].
pub type PersonIx = u32;

/// What the generator is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The cycle's year; its last day is the day of screening.
    pub year: i32,
}

impl Default for Options {
    fn default() -> Self {
        Self { year: 2025 }
    }
}

/// Everything that the demo loads.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct County {
    /// Administrative code of the county, or of the city where there are several counties.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The cycle's year.
    pub year: i32,
    /// Parents before children; the first is the root.
    pub organizations: Vec<tree::Organization>,
    /// Host units.
    pub units: Vec<tree::Unit>,
    /// Members first, in the order of [`County::memberships`], then persons who are no members here.
    pub persons: Vec<people::Person>,
    /// One for each member, branch by branch.
    pub memberships: Vec<people::Membership>,
    /// Terms of office.
    pub terms: Vec<posts::Term>,
    /// Holdings of posts.
    pub posts: Vec<posts::Post>,
    /// Party groups of branches.
    pub groups: Vec<posts::Group>,
    /// Organisers and instructors.
    pub workers: Vec<posts::Worker>,
    /// Who acts as what in the procedures.
    pub grants: Vec<roles::Grant>,
    /// Meetings in the order of their days.
    pub meetings: Vec<meetings::Meeting>,
    /// Debriefs of secretaries before their superior committee, before the freeze.
    pub superior_debriefs: Vec<meetings::SuperiorDebrief>,
    /// Results of democratic reviews.
    pub reviews: Vec<records::Review>,
    /// Resolutions of assemblies.
    pub resolutions: Vec<records::Resolution>,
    /// Tasks of superiors' programmes.
    pub tasks: Vec<records::Task>,
    /// Goals of confirmed yearly plans.
    pub goals: Vec<records::Goal>,
    /// Problem tickets of residents and staff.
    pub tickets: Vec<records::Ticket>,
    /// Findings of inspections and audits.
    pub findings: Vec<records::Finding>,
    /// Rectification cases that are open at the year's end for a criterion, not for a star.
    pub rectifications: Vec<records::Rectification>,
    /// Sites.
    pub sites: Vec<support::Site>,
    /// Fund lines of the year.
    pub fund_lines: Vec<support::FundLine>,
    /// Movements of the fund lines, in the order of their days within a line.
    pub fund_movements: Vec<support::FundMovement>,
    /// Governance slots of villages and communities.
    pub governance_slots: Vec<support::GovernanceSlot>,
    /// Monthly dues sheets.
    pub dues_sheets: Vec<hours::DuesSheet>,
    /// Training sessions with those who took part.
    pub training_sessions: Vec<hours::TrainingSession>,
    /// Development cases with the steps that the branch owes.
    pub development_cases: Vec<hours::DevelopmentCase>,
    /// Trainers, venues, materials and courses.
    pub resources: Vec<library::Resource>,
    /// Bookings of the year in the order in which they are made.
    pub bookings: Vec<library::Booking>,
    /// What the superior committee says of each rated branch; enters with the debrief step, not by import.
    pub marks: Vec<marks::Marks>,
    /// Every defect that was put in, by branch and kind.
    pub defects: Vec<Defect>,
    /// Where each organization's members stand in [`County::memberships`].
    rolls: Vec<Range<usize>>,
    /// Where each organization's posts stand in [`County::posts`].
    holdings: Vec<Range<usize>>,
}

/// A county whose facts do not carry exactly the defects that were put in: a file that the generator was not made for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{organization}”的演示数据与预置问题对不上（{kinds}），请换一个 --seed，或把这一行去掉")]
pub struct Unplayable {
    /// The first organization with which something is wrong.
    pub organization: String,
    /// Its place among the divisions, which the file has a line for.
    pub division_code: String,
    /// The defects that are put in and not carried, or carried and not put in.
    pub kinds: String,
}

impl County {
    /// Makes the county of a file.
    ///
    /// # Errors
    /// When the defects that are found in the facts are not the defects that were put in.
    pub fn generate(divisions: &Divisions, seed: u64, options: Options) -> Result<Self, Unplayable> {
        let top = divisions.top();
        let mut county = Self {
            code: top.code.clone(),
            name: top.name.clone(),
            year: options.year,
            ..Self::default()
        };
        tree::plant(&mut county, divisions, seed);
        let plans = plan::draw(&mut county, seed);
        people::settle(&mut county, &plans, seed);
        county.rolls = ranges(
            county.organizations.len(),
            county.memberships.iter().map(|m| m.branch),
        );
        posts::fill(&mut county, &plans, seed);
        county.index_posts();
        roles::grant(&mut county, seed);
        county.index_posts();
        meetings::hold(&mut county, &plans, seed);
        records::keep(&mut county, &plans, seed);
        support::provide(&mut county, &plans, seed);
        hours::reckon(&mut county, &plans, seed);
        library::stock(&mut county, &plans, seed);
        marks::give(&mut county, &plans, seed);
        county.defects = plan::implied(&plans);
        county.carries(&defects::detect(&county))?;
        Ok(county)
    }

    /// Whether the defects that are found are those that were put in.
    fn carries(&self, found: &[Defect]) -> Result<(), Unplayable> {
        let missing = self.defects.iter().filter(|one| !found.contains(one));
        let more = found.iter().filter(|one| !self.defects.contains(one));
        let wrong: Vec<&Defect> = missing.chain(more).collect();
        let Some(branch) = wrong.iter().map(|one| one.branch).min() else {
            return Ok(());
        };
        let kinds = wrong.iter().filter(|one| one.branch == branch);
        let organization = &self.organizations[branch];
        Err(Unplayable {
            organization: organization.name.clone(),
            division_code: organization.division_code.clone(),
            kinds: kinds.map(|one| one.kind.code()).collect::<Vec<_>>().join("，"),
        })
    }

    /// The members of a branch; empty for anything else.
    #[must_use]
    pub fn members(&self, branch: usize) -> &[people::Membership] {
        let range = self.rolls.get(branch).cloned().unwrap_or_default();
        &self.memberships[range]
    }

    /// The holdings of posts at an organization, past ones included.
    #[must_use]
    pub fn posts_of(&self, organization: usize) -> &[posts::Post] {
        &self.posts[self.holdings.get(organization).cloned().unwrap_or_default()]
    }

    /// The branches, each with its place among the organizations.
    pub fn branches(&self) -> impl Iterator<Item = (usize, &tree::Organization)> {
        self.organizations
            .iter()
            .enumerate()
            .filter(|(_, organization)| organization.is_branch())
    }

    /// The nearest committee above with power to approve (process.md part 3: `superior`); none at the root.
    #[must_use]
    pub fn superior(&self, organization: usize) -> Option<usize> {
        let mut above = self.organizations[organization].parent;
        while let Some(at) = above {
            if self.organizations[at].kind.approves() {
                return Some(at);
            }
            above = self.organizations[at].parent;
        }
        None
    }

    /// Whether an organization lies in the subtree of another, itself included.
    #[must_use]
    pub fn is_below(&self, organization: usize, top: usize) -> bool {
        let mut at = Some(organization);
        while let Some(here) = at {
            if here == top {
                return true;
            }
            at = self.organizations[here].parent;
        }
        false
    }

    /// The day on which the defects are judged: the last of the year.
    #[must_use]
    pub fn screening_day(&self) -> Day {
        day(self.year, 12, 31)
    }

    /// The day on which the cycle's facts are frozen.
    #[must_use]
    pub fn freeze_day(&self) -> Day {
        day(self.year + 1, 1, 15)
    }

    fn members_mut(&mut self, branch: usize) -> &mut [people::Membership] {
        let range = self.rolls.get(branch).cloned().unwrap_or_default();
        &mut self.memberships[range]
    }

    fn index_posts(&mut self) {
        self.holdings = ranges(
            self.organizations.len(),
            self.posts.iter().map(|post| post.organization),
        );
    }
}

/// The range of each owner's records in a list that holds them one owner after the other.
fn ranges(owners: usize, list: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut ranges = vec![0..0; owners];
    for (at, owner) in list.enumerate() {
        let first = if ranges[owner].is_empty() {
            at
        } else {
            ranges[owner].start
        };
        ranges[owner] = first..at + 1;
    }
    ranges
}

/// A day that exists by construction.
fn day(year: i32, month: u32, of_month: u32) -> Day {
    Day::from_ymd_opt(year, month, of_month).unwrap_or_else(|| unreachable!("{year}-{month}-{of_month}"))
}

#[cfg(test)]
mod tests;
