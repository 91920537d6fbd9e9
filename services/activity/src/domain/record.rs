//! Other records of organizational life: dates that can be, and what fell due and was done in time.

use chrono::Datelike;
use kernel::{Day, Period, id::RecordId};

use super::meeting::Existence;
use crate::error::ActivityError;

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
}

/// Counts of a democratic review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Review {
    /// The day.
    pub held_on: Day,
    /// The year for which it counts.
    pub for_year: i32,
    /// Full members, those left out by a dated decision not counted.
    pub eligible: u32,
    /// 优秀, 合格, 基本合格, 不合格.
    pub grades: [u32; 4],
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
    }
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
    if dated.due_on < dated.raised_on {
        return Err(ActivityError::DueBeforeRaised);
    }
    match dated.done_on {
        Some(day) if day < dated.raised_on => return Err(ActivityError::DoneBeforeRaised),
        Some(day) if day > today => return Err(ActivityError::DoneInFuture),
        _ => {}
    }
    if existence.on(dated.raised_on) {
        Ok(())
    } else {
        Err(ActivityError::DayOutsideExistence)
    }
}

/// only full members are graded, at most a third of the members are excellent.
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
    let all = u64::from(members.full) + u64::from(members.probationary);
    let [excellent, ..] = review.grades;
    if 3 * u64::from(excellent) > all {
        Err(ActivityError::ExcellentOverThird)
    } else {
        Ok(())
    }
}

/// A dated record with its id, as indicators count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The record.
    pub id: RecordId,
    /// What it is.
    pub kind: Kind,
    /// Last day in time.
    pub due_on: Day,
    /// Done on, with confirmation.
    pub done_on: Option<Day>,
}

impl Due {
    /// Whether it was done by its day, and confirmed.
    #[must_use]
    pub fn in_time(&self) -> bool {
        self.done_on.is_some_and(|done| done <= self.due_on)
    }
}

/// Records of a kind whose day lies in the period, and how many of them were done in time.
#[must_use]
pub fn due(records: &[Due], kind: Kind, period: Period) -> (i64, Vec<RecordId>) {
    let due: Vec<&Due> = records
        .iter()
        .filter(|record| record.kind == kind && period.contains(record.due_on))
        .collect();
    let done = due.iter().filter(|record| record.in_time()).count();
    (
        i64::try_from(done).unwrap_or(i64::MAX),
        due.iter().map(|record| record.id).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    const LIVED: fn() -> Existence = || Existence {
        from: day("2020-01-01"),
        until: None,
    };
    const MEMBERS: Members = Members {
        full: 12,
        probationary: 3,
    };

    fn judged(record: Record) -> Result<(), ActivityError> {
        may_stand(&record, LIVED(), MEMBERS, day("2026-01-20"))
    }

    fn review(eligible: u32, grades: [u32; 4]) -> Record {
        Record::Review(Review {
            held_on: day("2026-01-08"),
            for_year: 2025,
            eligible,
            grades,
        })
    }

    #[test]
    fn only_full_members_are_graded_and_at_most_a_third_excellent() {
        assert_eq!(
            judged(review(12, [5, 7, 0, 0])),
            Ok(()),
            "a third of 15 members (R-117)"
        );
        assert_eq!(
            judged(review(12, [6, 6, 0, 0])),
            Err(ActivityError::ExcellentOverThird)
        );
        assert_eq!(
            judged(review(11, [5, 7, 0, 0])),
            Err(ActivityError::GradedOverMembers)
        );
        assert_eq!(
            judged(review(13, [0, 13, 0, 0])),
            Err(ActivityError::GradedOverMembers),
            "3 are probationary"
        );
        let late = Review {
            held_on: day("2026-01-08"),
            for_year: 2024,
            eligible: 1,
            grades: [0, 1, 0, 0],
        };
        assert_eq!(judged(Record::Review(late)), Err(ActivityError::YearNotOfMeeting));
    }

    #[test]
    fn dates_of_a_record_follow_one_another() {
        let dated = |raised: &str, due: &str, done: Option<&str>| {
            judged(Record::Dated(Dated {
                kind: Kind::Task,
                title: "任务".into(),
                raised_on: day(raised),
                due_on: day(due),
                done_on: done.map(day),
                confirmed: true,
            }))
        };
        assert_eq!(dated("2025-03-01", "2025-04-01", None), Ok(()));
        assert_eq!(
            dated("2025-03-01", "2025-02-01", None),
            Err(ActivityError::DueBeforeRaised)
        );
        assert_eq!(
            dated("2025-03-01", "2025-04-01", Some("2025-02-28")),
            Err(ActivityError::DoneBeforeRaised)
        );
        assert_eq!(
            dated("2025-03-01", "2025-04-01", Some("2026-01-21")),
            Err(ActivityError::DoneInFuture)
        );
        assert_eq!(
            dated("2019-03-01", "2025-04-01", None),
            Err(ActivityError::DayOutsideExistence)
        );
    }

    #[test]
    fn only_what_fell_due_is_owed_and_only_what_was_done_by_then_counts() {
        let due_of = |kind, due_on: &str, done_on: Option<&str>| Due {
            id: RecordId::new(),
            kind,
            due_on: day(due_on),
            done_on: done_on.map(day),
        };
        let records = [
            due_of(Kind::Task, "2025-04-01", Some("2025-04-01")),
            due_of(Kind::Task, "2025-04-01", Some("2025-04-02")),
            due_of(Kind::Task, "2026-04-01", Some("2025-04-02")),
            due_of(Kind::Ticket, "2025-04-01", None),
        ];
        let year = Period::year(2025).expect("year");
        let count = |kind| {
            let (done, all) = due(&records, kind, year);
            (done, all.len())
        };
        assert_eq!(
            (count(Kind::Task), count(Kind::Ticket), count(Kind::Goal)),
            ((1, 2), (0, 1), (0, 0))
        );
    }
}
