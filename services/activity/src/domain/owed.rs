//! What a branch owes in a period and has held. One pure function serves the owed lists, organization's screening
//! and the indicators. Periods with a meeting are counted, not meetings: four assemblies in December make no
//! year. Who owes nothing is not asked (principle 9).

use chrono::Datelike;
use kernel::{
    Day, Period,
    day::add_days,
    id::{MeetingId, OrganizationId},
};

use super::{
    duty::{Duties, Duty},
    meeting::Existence,
    norm::{Norm, Norms, OwedWhen},
};

/// A meeting, as far as duties ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The meeting.
    pub id: MeetingId,
    /// The day.
    pub held_on: Day,
    /// The year for which its yearly duties count.
    pub for_year: i32,
    /// The party group that met.
    pub group: Option<OrganizationId>,
    /// Duties whose quorum was met.
    pub quorate: Duties,
    /// The day on which its record was complete.
    pub completed_on: Option<Day>,
    /// Agenda items of theory study.
    pub study_items: Vec<String>,
    /// The result of a debrief's assessment; empty when none is on record.
    pub assessment: String,
}

impl Session {
    /// Whether it counts for the duty, with what is known on the freeze day.
    #[must_use]
    pub fn counts(&self, duty: Duty, freeze: Day) -> bool {
        self.quorate.has(duty)
            && self.held_on <= freeze
            && self.completed_on.is_some_and(|completed| completed <= freeze)
    }
}

/// Members of a branch from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// First day.
    pub from: Day,
    /// Full members.
    pub full: u32,
}

/// What decides what a branch owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its days.
    pub existence: Existence,
    /// Its party groups with their days.
    pub groups: Vec<(OrganizationId, Existence)>,
    /// Spans in which somebody held a post of a committee member.
    pub committee: Vec<Existence>,
    /// Its members, by day.
    pub strength: Vec<Strength>,
    /// Its meetings that were not annulled, by day.
    pub sessions: Vec<Session>,
}

impl Branch {
    /// Full members on a day, as far as known.
    #[must_use]
    pub fn full_on(&self, day: Day) -> u32 {
        let known = self.strength.iter().filter(|strength| strength.from <= day);
        known
            .max_by_key(|strength| strength.from)
            .map_or(0, |strength| strength.full)
    }

    /// Whether the branch owed a committee or had one on every day of the span. Only days on which something
    /// changes can differ from the day before.
    fn committee_throughout(&self, least: u32, span: Period) -> bool {
        let ends = self
            .committee
            .iter()
            .filter_map(|post| post.until.map(|until| add_days(until, 1)));
        let changes = self.strength.iter().map(|strength| strength.from).chain(ends);
        std::iter::once(span.first())
            .chain(changes.filter(|day| span.contains(*day)))
            .all(|day| self.full_on(day) >= least || self.committee.iter().any(|post| post.on(day)))
    }
}

/// One period in which a duty was owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its first day.
    pub first: Day,
    /// The meeting that fulfilled it.
    pub met: Option<MeetingId>,
}

/// A duty in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed<'n> {
    /// The duty.
    pub duty: Duty,
    /// The periods in which it was owed.
    pub slots: Vec<Slot>,
    /// The latest version that asked for it.
    pub norm: Option<&'n Norm>,
}

impl Owed<'_> {
    /// A duty of which nothing is owed.
    #[must_use]
    pub fn nothing(duty: Duty) -> Self {
        Self {
            duty,
            slots: Vec::new(),
            norm: None,
        }
    }

    /// Periods in which it was held.
    pub fn held(&self) -> impl Iterator<Item = MeetingId> {
        self.slots.iter().filter_map(|slot| slot.met)
    }
}

/// What is owed of one duty in the period and what of it was held, as known on the freeze day. Months and
/// quarters count when the branch, or the group, existed on their every day.
#[must_use]
pub fn owed<'n>(norms: &'n Norms, duty: Duty, branch: &Branch, period: Period, freeze: Day) -> Owed<'n> {
    let mut owed = Owed::nothing(duty);
    for norm in norms.of(duty) {
        let before = owed.slots.len();
        match norm.owed_when {
            OwedWhen::Always => {
                let spans = clipped(norm, period, branch.existence);
                owed.slots
                    .extend(spans.map(|span| slot(branch, duty, None, span, freeze)));
            }
            OwedWhen::Committee { full } => {
                let spans = clipped(norm, period, branch.existence);
                let spans = spans.filter(|span| branch.committee_throughout(full, *span));
                owed.slots
                    .extend(spans.map(|span| slot(branch, duty, None, span, freeze)));
            }
            OwedWhen::Groups => {
                for (group, existence) in &branch.groups {
                    let spans = clipped(norm, period, *existence);
                    owed.slots
                        .extend(spans.map(|span| slot(branch, duty, Some(*group), span, freeze)));
                }
            }
            OwedWhen::FoundedBy { month, day } => {
                let spans = norm
                    .spans(period)
                    .filter(|year| founded_by(branch, *year, month, day));
                owed.slots
                    .extend(spans.map(|year| year_slot(branch, duty, year, freeze)));
            }
        }
        if owed.slots.len() > before {
            owed.norm = Some(norm);
        }
    }
    owed
}

/// Every duty of a branch in the period.
#[must_use]
pub fn all<'n>(norms: &'n Norms, branch: &Branch, period: Period, freeze: Day) -> Vec<Owed<'n>> {
    Duty::ALL
        .iter()
        .map(|duty| owed(norms, *duty, branch, period, freeze))
        .collect()
}

fn clipped(norm: &Norm, period: Period, existence: Existence) -> impl Iterator<Item = Period> {
    let lived = period.clip(existence.from, existence.until);
    lived
        .into_iter()
        .flat_map(|lived| norm.spans(lived).collect::<Vec<_>>())
}

/// Founded by the day of that year, and not dissolved before the year began.
fn founded_by(branch: &Branch, year: Period, month: u32, day: u32) -> bool {
    let limit = Day::from_ymd_opt(year.first().year(), month, day).unwrap_or(year.last());
    branch.existence.from <= limit && branch.existence.until.is_none_or(|until| year.first() <= until)
}

/// Only meetings of the whole branch fulfil its duties, only meetings of the group its own.
fn slot(branch: &Branch, duty: Duty, group: Option<OrganizationId>, span: Period, freeze: Day) -> Slot {
    let met = branch.sessions.iter().find(|session| {
        session.group == group && span.contains(session.held_on) && session.counts(duty, freeze)
    });
    Slot {
        first: span.first(),
        met: met.map(|session| session.id),
    }
}

/// Yearly duties count for the year that the record names, usually early in the next one.
fn year_slot(branch: &Branch, duty: Duty, year: Period, freeze: Day) -> Slot {
    let of_year =
        |session: &&Session| session.for_year == year.first().year() && session.counts(duty, freeze);
    Slot {
        first: year.first(),
        met: branch.sessions.iter().find(of_year).map(|session| session.id),
    }
}

/// Full quarters of a period, and the longest run of them without assembly, lecture or theme day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Silence {
    /// Full quarters of the branch's existence in the period.
    pub quarters: u32,
    /// First days of the longest run of silent quarters; of the earliest when several are as long.
    pub longest: Vec<Day>,
    /// First days of all silent quarters.
    pub silent: Vec<Day>,
}

/// The first day of the records: of the year in which the first meeting of all was held, since records are taken over by
/// years. Silence before it is none of a branch's.
#[must_use]
pub fn records_begin(first_meeting: Day) -> Day {
    Period::year(first_meeting.year()).map_or(first_meeting, Period::first)
}

/// Looks for silent quarters (R-504, S-107).
#[must_use]
pub fn silence(branch: &Branch, period: Period, freeze: Day) -> Silence {
    let mut silence = Silence::default();
    let mut run: Vec<Day> = Vec::new();
    let lived = period.clip(branch.existence.from, branch.existence.until);
    for quarter in lived.into_iter().flat_map(Period::full_quarters) {
        silence.quarters += 1;
        let loud = branch.sessions.iter().any(|session| {
            let duties = [Duty::Assembly, Duty::Lecture, Duty::Theme];
            quarter.contains(session.held_on) && duties.iter().any(|duty| session.counts(*duty, freeze))
        });
        if loud {
            run.clear();
        } else {
            run.push(quarter.first());
            silence.silent.push(quarter.first());
        }
        if run.len() > silence.longest.len() {
            silence.longest.clone_from(&run);
        }
    }
    silence
}

#[cfg(test)]
mod tests;
