//! The kept indicators reckoned straight from the generated lists, by the words of the catalogue and with
//! nothing of the services in between.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Day, Domain, Period, day::add_days};

use crate::county::{
    County, PersonIx, hours::TrainingKind, marks::Marks, meetings::Meeting, people::Membership,
    posts::PostKind,
};

mod life;
mod setup;

/// Numerator and denominator; none where the indicator does not apply.
pub(super) type Fact = Option<(i64, i64)>;
pub(super) type Facts = BTreeMap<&'static str, Fact>;

/// One branch with what it takes to count.
struct Case<'a> {
    county: &'a County,
    branch: usize,
    domain: Domain,
    period: Period,
    last: Day,
    full: usize,
    meetings: Vec<&'a Meeting>,
    hours: &'a BTreeMap<PersonIx, i64>,
    central: &'a BTreeSet<PersonIx>,
}

/// The facts of every rated branch.
pub(super) fn of(county: &County) -> BTreeMap<usize, Facts> {
    let mut hours: BTreeMap<PersonIx, i64> = BTreeMap::new();
    let mut central = BTreeSet::new();
    for session in &county.training_sessions {
        for person in &session.attendees {
            *hours.entry(*person).or_default() += i64::from(session.quarter_hours);
            if session.kind != TrainingKind::Branch {
                central.insert(*person);
            }
        }
    }
    let mut by_branch: BTreeMap<usize, Vec<&Meeting>> = BTreeMap::new();
    for meeting in &county.meetings {
        by_branch.entry(meeting.branch).or_default().push(meeting);
    }
    let year = Period::year(county.year).expect("a year");
    let case = |marks: &Marks| {
        let organization = &county.organizations[marks.branch];
        let last = county.screening_day();
        let case = Case {
            county,
            branch: marks.branch,
            domain: organization.domain.expect("a branch"),
            period: year.clip(organization.founded, None).expect("rated"),
            last,
            full: county
                .members(marks.branch)
                .iter()
                .filter(|m| m.is_full(last))
                .count(),
            meetings: by_branch.get(&marks.branch).cloned().unwrap_or_default(),
            hours: &hours,
            central: &central,
        };
        (marks.branch, case.facts())
    };
    county.marks.iter().map(case).collect()
}

fn share(flags: impl IntoIterator<Item = bool>) -> Fact {
    let flags: Vec<bool> = flags.into_iter().collect();
    let kept = flags.iter().filter(|kept| **kept).count();
    (!flags.is_empty()).then(|| (i64::try_from(kept).unwrap(), i64::try_from(flags.len()).unwrap()))
}

fn count(n: usize) -> Fact {
    Some((i64::try_from(n).unwrap(), 1))
}

impl Case<'_> {
    fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        self.organization(&mut facts);
        self.support(&mut facts);
        self.member(&mut facts);
        self.rhythm(&mut facts);
        self.activity(&mut facts);
        self.rating(&mut facts);
        facts
    }

    fn members(&self) -> impl Iterator<Item = &Membership> {
        self.county
            .members(self.branch)
            .iter()
            .filter(|m| m.belongs(self.last))
    }

    fn founded(&self) -> Day {
        self.county.organizations[self.branch].founded
    }

    fn before(&self, month: u32, of_month: u32) -> bool {
        self.founded() <= crate::county::day(self.county.year, month, of_month)
    }

    fn due(&self, day: Day) -> bool {
        self.period.contains(day)
    }

    fn holders(&self, kind: PostKind, on: Day) -> usize {
        let posts = self.county.posts_of(self.branch).iter();
        posts.filter(|post| post.kind == kind && post.held(on)).count()
    }

    fn days(&self, on: impl Fn(Day) -> bool) -> Fact {
        let days = self.period.days();
        let held = (0..days)
            .filter(|nth| on(add_days(self.period.first(), *nth)))
            .count();
        Some((i64::try_from(held).unwrap(), days))
    }
}
