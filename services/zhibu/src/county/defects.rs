//! The defects that are put in, and the exact rule of each.
//!
//! Screening must find this set and no other. All rules are read on the screening day `D`, 31 December of the
//! year, over the **screened branches**: branches and joint branches that exist on `D`. Temporary, mobile and
//! functional branches are left out (S-107, domain.md trap 3). "In the period" means the calendar year
//! clipped to the days on which the branch existed; full months and quarters are those of rating.md.
//!
//! | kind | the branch has it exactly when |
//! |---|---|
//! | `hollow.members` | fewer than 3 full members have it as their primary branch on `D` (R-101, R-103) |
//! | `secretary.vacant` | nobody holds the post of secretary on `D`, and three months are over since the first day without holder: first day + 3 months ≤ `D`, months clamped. A role without the post fills nothing |
//! | `hollow.secretary` | the same with six months (S-107); it implies `secretary.vacant` |
//! | `hollow.silent` | two consecutive full quarters of the period have no held assembly, lecture or theme day (S-107); the same as `activity.quarters.silent` ≥ 2. It implies `meetings.missed` |
//! | `hollow.unit` | the registration of its main host unit, the first one, ended on or before `D` (S-107) |
//! | `oversized` | more than 50 members, full and probationary, on `D` (R-102, trap 1) |
//! | `committee.missing` | at least 7 full members on `D`, and nobody holds any committee post (organisation, publicity, discipline) on `D` (R-119) |
//! | `election.overdue` | the latest term, an approved extension included, ended before `D` (R-122) |
//! | `meetings.missed` | some full quarter of the period has no held assembly, or some full month of it no held theme day; the same as numerator < denominator of `activity.assembly.held` or `activity.theme.held` |
//!
//! **Held**: an assembly at which at least half of the full members of that day were present; a theme
//! day or lecture that at least half of the members not exempt on that day attended. A
//! meeting that serves several duties is judged for each by that duty's own rule. Every meeting of the year is
//! recorded by `D`, so that screening on `D` sees them all.
//!
//! Other duties (committee, groups, lectures, study, life meeting) may be missed without a defect: they cost
//! points.

use std::collections::BTreeMap;

use chrono::Datelike;
use kernel::{
    Day, Period,
    day::{add_days, add_months},
};

use super::{
    County,
    meetings::{Duty, Meeting},
    posts::{PostKind, Term},
};

/// Kinds of defects, in the order in which they are listed for a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefectKind {
    /// `hollow.members`
    HollowMembers,
    /// `hollow.secretary`
    HollowSecretary,
    /// `hollow.silent`
    HollowSilent,
    /// `hollow.unit`
    HollowUnit,
    /// `oversized`
    Oversized,
    /// `committee.missing`
    CommitteeMissing,
    /// `election.overdue`
    ElectionOverdue,
    /// `secretary.vacant`
    SecretaryVacant,
    /// `meetings.missed`
    MeetingsMissed,
}

impl DefectKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::HollowMembers,
        Self::HollowSecretary,
        Self::HollowSilent,
        Self::HollowUnit,
        Self::Oversized,
        Self::CommitteeMissing,
        Self::ElectionOverdue,
        Self::SecretaryVacant,
        Self::MeetingsMissed,
    ];

    /// The code under which screening and the demo's summary name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::HollowMembers => "hollow.members",
            Self::HollowSecretary => "hollow.secretary",
            Self::HollowSilent => "hollow.silent",
            Self::HollowUnit => "hollow.unit",
            Self::Oversized => "oversized",
            Self::CommitteeMissing => "committee.missing",
            Self::ElectionOverdue => "election.overdue",
            Self::SecretaryVacant => "secretary.vacant",
            Self::MeetingsMissed => "meetings.missed",
        }
    }

    /// The word that people read.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::HollowMembers => "正式党员不足三名",
            Self::HollowSecretary => "书记空缺满六个月",
            Self::HollowSilent => "连续两个季度无组织生活",
            Self::HollowUnit => "依托单位已注销",
            Self::Oversized => "党员超过五十名",
            Self::CommitteeMissing => "应设未设支委会",
            Self::ElectionOverdue => "到期未换届",
            Self::SecretaryVacant => "书记空缺满三个月",
            Self::MeetingsMissed => "党员大会或主题党日漏开",
        }
    }
}

/// One defect of one branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Defect {
    /// A place among the organizations.
    pub branch: usize,
    /// What is wrong.
    pub kind: DefectKind,
}

/// Finds the defects in the facts alone, by the rules above, without a look at what was put in.
#[must_use]
pub fn detect(county: &County) -> Vec<Defect> {
    let lives = lives(county);
    let mut found = Vec::new();
    for (branch, organization) in county.branches() {
        if !organization.kind.is_rated() || organization.founded > county.screening_day() {
            continue;
        }
        let life = lives.get(&branch).cloned().unwrap_or_default();
        let found_here = DefectKind::ALL
            .into_iter()
            .filter(|kind| has(county, branch, *kind, &life));
        found.extend(found_here.map(|kind| Defect { branch, kind }));
    }
    found
}

/// What a branch held: theme days by month, assemblies and any of the three by quarter; 0 is January.
#[derive(Debug, Clone, Copy, Default)]
struct Life {
    themes: [bool; 12],
    assemblies: [bool; 4],
    any: [bool; 4],
}

fn lives(county: &County) -> BTreeMap<usize, Life> {
    let mut lives: BTreeMap<usize, Life> = BTreeMap::new();
    for meeting in county
        .meetings
        .iter()
        .filter(|meeting| meeting.held_on.year() == county.year)
    {
        let life = lives.entry(meeting.branch).or_default();
        let month = meeting.held_on.month0() as usize;
        for duty in meeting.duties.iter().filter(|duty| held(county, meeting, **duty)) {
            match duty {
                Duty::Theme => life.themes[month] = true,
                Duty::Assembly => life.assemblies[month / 3] = true,
                Duty::Lecture => {}
                _ => continue,
            }
            life.any[month / 3] = true;
        }
    }
    lives
}

/// Whether enough were present for this duty.
fn held(county: &County, meeting: &Meeting, duty: Duty) -> bool {
    let on = meeting.held_on;
    let counts = |person: u32| {
        let member = &county.memberships[person as usize];
        match duty {
            Duty::Assembly => member.is_full(on),
            _ => member.belongs(on) && !member.is_exempt(on),
        }
    };
    let due = county
        .members(meeting.branch)
        .iter()
        .filter(|member| counts(member.person))
        .count();
    let came = meeting.present.iter().filter(|person| counts(**person)).count();
    due > 0 && came * 2 >= due
}

fn has(county: &County, branch: usize, kind: DefectKind, life: &Life) -> bool {
    let on = county.screening_day();
    let members = || county.members(branch).iter();
    let full = || members().filter(|member| member.is_full(on)).count();
    match kind {
        DefectKind::HollowMembers => full() < 3,
        DefectKind::HollowSecretary => vacant_for(county, branch, on, 6),
        DefectKind::HollowSilent => silent(county, branch, life),
        DefectKind::HollowUnit => unit_gone(county, branch, on),
        DefectKind::Oversized => members().filter(|member| member.belongs(on)).count() > 50,
        DefectKind::CommitteeMissing => full() >= 7 && !has_committee(county, branch, on),
        DefectKind::ElectionOverdue => overdue(county, branch, on),
        DefectKind::SecretaryVacant => vacant_for(county, branch, on, 3),
        DefectKind::MeetingsMissed => {
            full_quarters(county, branch).any(|quarter| !life.assemblies[quarter])
                || full_months(county, branch).any(|month| !life.themes[month])
        }
    }
}

fn silent(county: &County, branch: usize, life: &Life) -> bool {
    let quarters: Vec<bool> = full_quarters(county, branch)
        .map(|quarter| life.any[quarter])
        .collect();
    quarters.windows(2).any(|pair| !pair[0] && !pair[1])
}

fn unit_gone(county: &County, branch: usize, on: Day) -> bool {
    let main = county.organizations[branch].units.first();
    main.and_then(|unit| county.units[*unit].deregistered_on)
        .is_some_and(|ended| ended <= on)
}

fn has_committee(county: &County, branch: usize, on: Day) -> bool {
    let of_committee = |kind| !matches!(kind, PostKind::Secretary | PostKind::Deputy);
    county
        .posts_of(branch)
        .iter()
        .any(|post| of_committee(post.kind) && post.held(on))
}

fn overdue(county: &County, branch: usize, on: Day) -> bool {
    let terms = county.terms.iter().filter(|term| term.organization == branch);
    terms.map(Term::last_day).max().is_none_or(|last| last < on)
}

/// Whether the post of secretary is empty on the day and has been for so many months.
fn vacant_for(county: &County, branch: usize, on: Day, months: i32) -> bool {
    let holders = || {
        county
            .posts_of(branch)
            .iter()
            .filter(|post| post.kind == PostKind::Secretary)
    };
    if holders().any(|post| post.held(on)) {
        return false;
    }
    let last = holders()
        .filter(|post| post.from <= on)
        .filter_map(|post| post.until)
        .max();
    let since = last.map_or(county.organizations[branch].founded, |last| add_days(last, 1));
    add_months(since, months) <= on
}

fn period(county: &County, branch: usize) -> Option<Period> {
    Period::year(county.year)?.clip(county.organizations[branch].founded, None)
}

fn full_quarters(county: &County, branch: usize) -> impl Iterator<Item = usize> {
    let period = period(county, branch);
    period
        .into_iter()
        .flat_map(Period::full_quarters)
        .map(|quarter| quarter.first().month0() as usize / 3)
}

fn full_months(county: &County, branch: usize) -> impl Iterator<Item = usize> {
    let period = period(county, branch);
    period
        .into_iter()
        .flat_map(Period::full_months)
        .map(|month| month.first().month0() as usize)
}
