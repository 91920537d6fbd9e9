//! Other records of organizational life: dates that can be, and what fell due and was done in time.

use chrono::Datelike;
use kernel::{
    Day, Domain, Period,
    day::add_months,
    id::{PersonId, RecordId},
};

use super::meeting::Existence;
use crate::error::ActivityError;

/// A yearly plan is confirmed at its start: within so many months of the first day of the period. Ours (rating.md).
const PLAN_CONFIRMED_WITHIN: i32 = 3;

/// What a record with a deadline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 决议
    Resolution,
    /// 重点任务
    Task,
    /// 服务中心工作目标
    Goal,
    /// 群众问题
    Ticket,
}

impl Kind {
    /// All of them.
    pub const ALL: &'static [Kind] = &[Kind::Resolution, Kind::Task, Kind::Goal, Kind::Ticket];

    /// The word in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Resolution => "resolution",
            Self::Task => "task",
            Self::Goal => "goal",
            Self::Ticket => "ticket",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// Something with a day by which it must be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// What it is.
    pub kind: Kind,
    /// In a few words.
    pub title: String,
    /// Raised on.
    pub raised_on: Day,
    /// Last day in time.
    pub due_on: Day,
    /// Done on.
    pub done_on: Option<Day>,
    /// Whether that is confirmed.
    pub confirmed: bool,
    /// Id of the record that shows it; empty when there is none.
    pub evidence: String,
    /// The superior's programme or key task list that a task stands on; empty when on none.
    pub programme: String,
    /// The listed matter or approved admission of a task (S-408); empty when it bypassed admission.
    pub admission: String,
    /// Hash of the version of the plan that a goal stands in; empty when in none.
    pub plan_hash: String,
    /// The day on which the superior confirmed the plan.
    pub plan_confirmed_on: Option<Day>,
}

/// Counts of a democratic review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The day.
    pub held_on: Day,
    /// The year for which it counts.
    pub for_year: i32,
    /// Full members, those left out by a dated decision not counted.
    pub eligible: u32,
    /// 优秀, 合格, 基本合格, 不合格.
    pub grades: [u32; 4],
    /// References of the dated decisions that left full members out, one for each.
    pub left_out: Vec<String>,
}

/// A branch that a leading cadre keeps in touch with (S-322).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactPoint {
    /// The leading cadre.
    pub person: PersonId,
    /// When it is his contact point.
    pub days: Existence,
}

/// Days on which a branch could not use the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Day,
    /// What was reported.
    pub reason: String,
}

/// A training session of the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Training {
    /// In a few words.
    pub title: String,
    /// The day.
    pub on: Day,
    /// Quarter class hours.
    pub quarter_hours: u32,
    /// `lecture`, `practice` or `discussion` (S-318).
    pub format: String,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// With a deadline.
    Dated(Dated),
    /// A democratic review.
    Review(Review),
    /// A training session.
    Training(Training),
    /// A leading cadre's contact point.
    ContactPoint(ContactPoint),
    /// An outage of the platform.
    Outage(Outage),
}

/// Members of a branch on the day of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Members {
    /// Full members.
    pub full: u32,
    /// Probationary members: they attend and are not graded.
    pub probationary: u32,
}

/// Whether a record can be. A review is judged by the members of its day.
pub fn may_stand(
    record: &Record,
    existence: Existence,
    members: Members,
    today: Day,
) -> Result<(), ActivityError> {
    match record {
        Record::Dated(dated) => dated_stands(dated, existence, today),
        Record::Review(review) => review_stands(review, existence, members, today),
        Record::Training(training)
            if !matches!(training.format.as_str(), "lecture" | "practice" | "discussion") =>
        {
            Err(ActivityError::FormatUnknown)
        }
        Record::Training(training) => took_place(training.on, existence, today),
        Record::ContactPoint(ContactPoint { days, .. })
            if days.until.is_some_and(|until| until < days.from) =>
        {
            Err(ActivityError::EndBeforeStart)
        }
        Record::ContactPoint(contact) if !existence.on(contact.days.from) => {
            Err(ActivityError::DayOutsideExistence)
        }
        Record::ContactPoint(_) => Ok(()),
        Record::Outage(outage) if outage.until < outage.from => Err(ActivityError::EndBeforeStart),
        Record::Outage(outage) => {
            took_place(outage.from, existence, today)?;
            took_place(outage.until, existence, today)
        }
    }
}

/// Whether a record may say `now` instead of `there`: a goal of a plan that the superior confirmed stays as it was
/// confirmed, only its being reached is still open. It cannot be lowered later.
pub fn may_replace(there: &Record, now: &Record) -> Result<(), ActivityError> {
    let (Record::Dated(there), Record::Dated(now)) = (there, now) else {
        return Ok(());
    };
    let agreed = |dated: &Dated| {
        let days = (dated.raised_on, dated.due_on, dated.plan_confirmed_on);
        (dated.title.clone(), dated.plan_hash.clone(), days)
    };
    let frozen = there.kind == Kind::Goal && there.plan_confirmed_on.is_some();
    if frozen && agreed(there) != agreed(now) {
        return Err(ActivityError::PlanConfirmed);
    }
    Ok(())
}

fn took_place(on: Day, existence: Existence, today: Day) -> Result<(), ActivityError> {
    if on > today {
        return Err(ActivityError::HeldInFuture);
    }
    if existence.on(on) {
        Ok(())
    } else {
        Err(ActivityError::DayOutsideExistence)
    }
}

fn dated_stands(dated: &Dated, existence: Existence, today: Day) -> Result<(), ActivityError> {
    if dated.raised_on > today {
        return Err(ActivityError::RaisedInFuture);
    }
    if dated.due_on < dated.raised_on {
        return Err(ActivityError::DueBeforeRaised);
    }
    match dated.done_on {
        Some(day) if day < dated.raised_on => return Err(ActivityError::DoneBeforeRaised),
        Some(day) if day > today => return Err(ActivityError::DoneInFuture),
        _ => {}
    }
    let hashed = !dated.plan_hash.is_empty();
    if hashed != dated.plan_confirmed_on.is_some() || dated.plan_confirmed_on.is_some_and(|day| day > today) {
        return Err(ActivityError::PlanIncomplete);
    }
    if existence.on(dated.raised_on) {
        Ok(())
    } else {
        Err(ActivityError::DayOutsideExistence)
    }
}

/// only full members are graded, at most a third of the members are excellent. Who is not graded was left out by
/// a dated decision.
fn review_stands(
    review: &Review,
    existence: Existence,
    members: Members,
    today: Day,
) -> Result<(), ActivityError> {
    took_place(review.held_on, existence, today)?;
    let year = review.held_on.year();
    if review.for_year != year && review.for_year != year - 1 {
        return Err(ActivityError::YearNotOfMeeting);
    }
    let graded: u64 = review.grades.iter().map(|n| u64::from(*n)).sum();
    if graded > u64::from(review.eligible) || review.eligible > members.full {
        return Err(ActivityError::GradedOverMembers);
    }
    let left_out = u32::try_from(review.left_out.len()).unwrap_or(u32::MAX);
    if review.eligible.saturating_add(left_out) < members.full {
        return Err(ActivityError::LeftOutWithoutDecision);
    }
    let all = u64::from(members.full) + u64::from(members.probationary);
    let [excellent, ..] = review.grades;
    if 3 * u64::from(excellent) > all {
        Err(ActivityError::ExcellentOverThird)
    } else {
        Ok(())
    }
}

/// A dated record with its id, as indicators count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The record.
    pub id: RecordId,
    /// What it says.
    pub dated: Dated,
}

impl Due {
    /// Whether it was done by its day, and confirmed. A resolution and a task need the record that shows it.
    #[must_use]
    pub fn in_time(&self) -> bool {
        let shown = !self.dated.evidence.is_empty() || matches!(self.dated.kind, Kind::Goal | Kind::Ticket);
        let done = self.dated.done_on.filter(|_| self.dated.confirmed && shown);
        done.is_some_and(|done| done <= self.dated.due_on)
    }

    /// Whether it is owed at all: a task stands on a superior's programme or the key task list and, where it was
    /// addressed to a village or community, was admitted (S-408); a goal stands in the plan that the superior confirmed
    /// at its start.
    fn owed(&self, domain: Option<Domain>, period: Period) -> bool {
        match self.dated.kind {
            Kind::Task => {
                let admitted = !self.dated.admission.is_empty()
                    || !matches!(domain, Some(Domain::Rural | Domain::Community));
                admitted && !self.dated.programme.is_empty()
            }
            Kind::Goal => {
                let last = add_months(period.first(), PLAN_CONFIRMED_WITHIN);
                self.dated.plan_confirmed_on.is_some_and(|day| day < last)
            }
            Kind::Resolution | Kind::Ticket => true,
        }
    }
}

/// Records of a kind that were owed and whose day lies in the period.
#[must_use]
pub fn due(records: &[Due], kind: Kind, domain: Option<Domain>, period: Period) -> Vec<&Due> {
    let owed =
        |one: &&Due| one.dated.kind == kind && period.contains(one.dated.due_on) && one.owed(domain, period);
    records.iter().filter(owed).collect()
}

#[cfg(test)]
mod tests;
