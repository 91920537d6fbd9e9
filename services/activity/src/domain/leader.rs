//! Leading cadres in the organizational life of their own branch (S-322): holders of a branch post, and members
//! recorded as leading cadres. Observers never count.

use std::collections::BTreeSet;

use kernel::{
    Day, Period,
    day::{add_days, add_months},
    id::{MeetingId, PersonId},
};

use super::{duty::Duty, meeting::Existence, owed::Session};

/// Months that somebody must have held his post before he owes a lecture.
const MONTHS_IN_POST: i32 = 6;

/// Meetings at which leaders are owed: assemblies, theme days, lectures, life meetings.
pub const ASKED: [Duty; 4] = [Duty::Assembly, Duty::Theme, Duty::Lecture, Duty::Life];

/// Why somebody is a leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Secretary of the branch.
    Secretary,
    /// Holder of another post of the branch.
    Officer,
    /// Recorded as leading cadre.
    Cadre,
}

/// Somebody as leader of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// Who.
    pub person: PersonId,
    /// Why.
    pub standing: Standing,
    /// Since when and until when.
    pub days: Existence,
}

/// Who was at a meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attendance {
    /// Who came.
    pub present: Vec<PersonId>,
    /// Who was excused.
    pub leave: Vec<PersonId>,
    /// Who gave the lecture.
    pub lecturers: Vec<PersonId>,
    /// Who was on the roll of the branch and neither came nor was excused; `None` where that was not kept.
    pub absent: Option<Vec<PersonId>>,
}

impl Attendance {
    /// Whether the meeting was one of the person's own branch, which is that of his relation (S-322); taken for granted
    /// where the roll was not kept.
    fn of_own_branch(&self, person: &PersonId) -> bool {
        self.absent
            .as_ref()
            .is_none_or(|absent| absent.contains(person) || self.present.contains(person))
    }
}

/// Leaders' attendances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attended {
    /// Attendances due, approved leave left out.
    pub due: i64,
    /// Those that took place.
    pub came: i64,
    /// The meetings asked.
    pub meetings: Vec<MeetingId>,
}

/// Attendances of leaders at the assemblies, theme days and lectures of the period, and at the life meetings for the
/// year.
#[must_use]
pub fn attended(
    leaders: &[Leader],
    life: &[(&Session, &Attendance)],
    period: Period,
    year: Option<i32>,
    freeze: Day,
) -> Attended {
    let mut attended = Attended::default();
    let asked = |(session, _): &&(&Session, &Attendance)| asked(session, period, year, freeze);
    for (session, attendance) in life.iter().filter(asked) {
        let on_duty = leaders.iter().filter(|leader| leader.days.on(session.held_on));
        let due: BTreeSet<PersonId> = on_duty
            .map(|leader| leader.person)
            .filter(|person| !attendance.leave.contains(person) && attendance.of_own_branch(person))
            .collect();
        let came = due
            .iter()
            .filter(|person| attendance.present.contains(person))
            .count();
        attended.due += i64::try_from(due.len()).unwrap_or(i64::MAX);
        attended.came += i64::try_from(came).unwrap_or(i64::MAX);
        if !due.is_empty() {
            attended.meetings.push(session.id);
        }
    }
    attended
}

/// Whether the meeting is one of those, and of the period: a life meeting by the year that it names, the others
/// by their day.
fn asked(session: &Session, period: Period, year: Option<i32>, freeze: Day) -> bool {
    let dated = [Duty::Assembly, Duty::Theme, Duty::Lecture]
        .iter()
        .any(|duty| session.counts(*duty, freeze));
    let of_year = year == Some(session.for_year);
    (dated && period.contains(session.held_on)) || (of_year && session.counts(Duty::Life, freeze))
}

/// Leaders who owe a lecture: secretary and leading cadres, in post on the last day for six months or more. Holdings
/// that follow each other without a day between are one time in post.
#[must_use]
pub fn owing_lecture(leaders: &[Leader], last: Day) -> BTreeSet<PersonId> {
    let since = add_months(last, -MONTHS_IN_POST);
    let mut holdings: Vec<&Leader> = leaders
        .iter()
        .filter(|leader| leader.standing != Standing::Officer && leader.days.from <= last)
        .collect();
    holdings.sort_by_key(|leader| std::cmp::Reverse(leader.days.from));
    let in_post = |person: PersonId| {
        let mut from = None;
        for held in holdings.iter().filter(|held| held.person == person) {
            let next = from.unwrap_or(last);
            if held
                .days
                .until
                .is_none_or(|until| next <= add_days(until, i64::from(from.is_some())))
            {
                from = Some(held.days.from);
            }
        }
        from
    };
    let persons: BTreeSet<PersonId> = holdings.iter().map(|leader| leader.person).collect();
    persons
        .into_iter()
        .filter(|person| in_post(*person).is_some_and(|from| from <= since))
        .collect()
}

/// The lectures held in the period that one of them gave in his own branch or at his contact point, each leader with
/// his first.
#[must_use]
pub fn lectured(
    owing: &BTreeSet<PersonId>,
    life: &[(&Session, &Attendance)],
    elsewhere: &[(PersonId, Session)],
    period: Period,
    freeze: Day,
) -> Vec<MeetingId> {
    let counts =
        |session: &Session| period.contains(session.held_on) && session.counts(Duty::Lecture, freeze);
    let first = |person: &PersonId| {
        let own = life
            .iter()
            .filter(|(_, attendance)| attendance.lecturers.contains(person))
            .map(|(session, _)| *session);
        let there = elsewhere.iter().filter(|(who, _)| who == person);
        let given = own.chain(there.map(|(_, session)| session));
        let first = given
            .filter(|session| counts(session))
            .min_by_key(|session| session.held_on);
        first.map(|session| session.id)
    };
    owing.iter().filter_map(first).collect()
}

#[cfg(test)]
mod tests {
    use kernel::id::MeetingId;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn year() -> Period {
        Period::year(2025).expect("year")
    }

    fn leader(standing: Standing, from: &str) -> Leader {
        Leader {
            person: PersonId::new(),
            standing,
            days: Existence {
                from: day(from),
                until: None,
            },
        }
    }

    fn session(held_on: &str, for_year: i32, duty: Duty) -> Session {
        Session {
            id: MeetingId::new(),
            held_on: day(held_on),
            for_year,
            group: None,
            quorate: [duty].into_iter().collect(),
            completed_on: Some(day(held_on)),
            study_items: Vec::new(),
            assessment: String::new(),
        }
    }

    #[test]
    fn leave_is_left_out_and_a_post_and_a_cadre_are_one_person() {
        let secretary = leader(Standing::Secretary, "2020-01-01");
        let same = Leader {
            standing: Standing::Cadre,
            ..secretary
        };
        let (ill, absent) = (
            leader(Standing::Officer, "2020-01-01"),
            leader(Standing::Cadre, "2020-01-01"),
        );
        let late = leader(Standing::Officer, "2025-06-01");
        let meeting = session("2025-05-10", 2025, Duty::Theme);
        let attendance = Attendance {
            present: vec![secretary.person],
            leave: vec![ill.person],
            ..Attendance::default()
        };
        let found = attended(
            &[secretary, same, ill, absent, late],
            &[(&meeting, &attendance)],
            year(),
            Some(2025),
            day("2026-01-15"),
        );
        assert_eq!((found.came, found.due), (1, 2), "S-322");
    }

    #[test]
    fn only_four_kinds_of_meetings_are_asked_and_life_meetings_by_their_year() {
        let one = leader(Standing::Secretary, "2020-01-01");
        let attendance = Attendance {
            present: vec![one.person],
            ..Attendance::default()
        };
        let due = |session: &Session| {
            let life = [(session, &attendance)];
            attended(&[one], &life, year(), Some(2025), day("2026-01-15")).due
        };
        assert_eq!(due(&session("2025-05-10", 2025, Duty::Committee)), 0);
        assert_eq!(due(&session("2026-01-10", 2025, Duty::Life)), 1);
        assert_eq!(due(&session("2025-01-10", 2024, Duty::Life)), 0);
        assert_eq!(due(&session("2026-01-10", 2026, Duty::Theme)), 0);
    }

    #[test]
    fn a_lecture_is_owed_after_six_months_in_post() {
        let (old, young) = (
            leader(Standing::Secretary, "2025-06-30"),
            leader(Standing::Cadre, "2025-07-01"),
        );
        let officer = leader(Standing::Officer, "2020-01-01");
        let owing = owing_lecture(&[old, young, officer], day("2025-12-31"));
        assert_eq!(
            owing,
            BTreeSet::from([old.person]),
            "31 December less six months is 30 June"
        );
        let lecture = session("2025-03-10", 2025, Duty::Lecture);
        let given = Attendance {
            lecturers: vec![old.person, young.person],
            ..Attendance::default()
        };
        assert_eq!(
            lectured(&owing, &[(&lecture, &given)], &[], year(), day("2026-01-15")),
            [lecture.id]
        );
        let by_others = Attendance {
            lecturers: vec![officer.person],
            ..Attendance::default()
        };
        assert!(lectured(&owing, &[(&lecture, &by_others)], &[], year(), day("2026-01-15")).is_empty());
    }

    #[test]
    fn holdings_that_follow_each_other_are_one_time_in_post() {
        let before = leader(Standing::Secretary, "2022-07-01");
        let ended = |until: &str| Leader {
            days: Existence {
                from: before.days.from,
                until: Some(day(until)),
            },
            ..before
        };
        let elected_anew = Leader {
            days: Existence {
                from: day("2025-09-01"),
                until: None,
            },
            ..before
        };
        let owing = |first: Leader| owing_lecture(&[elected_anew, first], day("2025-12-31"));
        assert_eq!(owing(ended("2025-08-31")), BTreeSet::from([before.person]));
        assert!(
            owing(ended("2025-08-30")).is_empty(),
            "a day without post: in post since September"
        );
        let cadre = Leader {
            standing: Standing::Cadre,
            ..ended("2025-08-31")
        };
        assert_eq!(owing(cadre).len(), 1, "leading cadre before, secretary then");
        assert!(owing_lecture(&[ended("2025-12-30")], day("2025-12-31")).is_empty());
    }

    #[test]
    fn a_lecture_at_the_contact_point_counts_as_well() {
        let cadre = leader(Standing::Cadre, "2020-01-01");
        let owing = BTreeSet::from([cadre.person]);
        let there = session("2025-04-10", 2025, Duty::Lecture);
        let next_year = session("2026-01-10", 2025, Duty::Lecture);
        let given = |session: &Session| {
            lectured(
                &owing,
                &[],
                &[(cadre.person, session.clone())],
                year(),
                day("2026-01-15"),
            )
        };
        assert_eq!(given(&there), [there.id], "S-322");
        assert!(given(&next_year).is_empty());
    }

    #[test]
    fn the_own_branch_is_that_of_the_relation_s_322() {
        let (own, sent_here) = (
            leader(Standing::Officer, "2020-01-01"),
            leader(Standing::Secretary, "2020-01-01"),
        );
        let meeting = session("2025-05-10", 2025, Duty::Theme);
        let attendance = Attendance {
            absent: Some(vec![own.person]),
            ..Attendance::default()
        };
        let found = attended(
            &[own, sent_here],
            &[(&meeting, &attendance)],
            year(),
            Some(2025),
            day("2026-01-15"),
        );
        assert_eq!(
            (found.came, found.due),
            (0, 1),
            "the secretary's relation lies elsewhere"
        );
    }
}
