//! Meetings: when one may be recorded, and which of its duties count.

use std::collections::HashSet;

use chrono::Datelike;
use kernel::{
    Day,
    id::{MeetingId, OrganizationId, PersonId},
};

use super::{
    duty::{Duties, Duty},
    norm::Norms,
    roll::{Roll, Turnout},
};
use crate::error::ActivityError;

/// Days on which an organization exists, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Existence {
    /// First day.
    pub from: Day,
    /// Last day; `None` for no end.
    pub until: Option<Day>,
}

impl Existence {
    /// Whether the day lies in it.
    #[must_use]
    pub fn on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// What the organizer says of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Duties that it is to fulfil.
    pub duties: Duties,
    /// The day.
    pub held_on: Day,
    /// Subject.
    pub topic: String,
    /// The party group that met; the branch did otherwise.
    pub group: Option<OrganizationId>,
    /// Who came, of those on the roll.
    pub present: Vec<PersonId>,
    /// Who was excused.
    pub leave: Vec<PersonId>,
    /// Who gave the lecture.
    pub lecturers: Vec<PersonId>,
    /// Guests: never in attendance or quorum (S-125).
    pub observers: u32,
    /// The day on which the record with minutes was complete.
    pub completed_on: Option<Day>,
    /// The year for which its yearly duties count.
    pub for_year: i32,
    /// Committee members entitled and present; zeros where no committee met.
    pub committee: (u32, u32),
    /// Whether a debrief was assessed.
    pub assessed: bool,
}

/// A meeting as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Opaque.
    pub id: MeetingId,
    /// The branch.
    pub branch: OrganizationId,
    /// What the organizer said.
    pub content: Content,
    /// Who should have come and who came, as it was on the day.
    pub turnout: Turnout,
    /// Duties whose own quorum was met under the norm of the day.
    pub quorate: Duties,
    /// Whether it was annulled.
    pub annulled: bool,
    /// Rises with each change.
    pub version: u64,
}

impl Meeting {
    /// The duties that count: quorum met, record complete, not annulled (held, in the words of the catalogue).
    #[must_use]
    pub fn counts(&self) -> Duties {
        if self.annulled || self.content.completed_on.is_none() {
            Duties::default()
        } else {
            self.quorate
        }
    }

    /// Why not all of it counts; `None` when it does.
    #[must_use]
    pub fn shortfall(&self) -> Option<&'static str> {
        let missing = |duty: &Duty| !self.quorate.has(*duty);
        match self.content.duties.iter().find(missing) {
            _ if self.annulled => Some("ANNULLED"),
            _ if self.content.completed_on.is_none() => Some("RECORD_INCOMPLETE"),
            Some(duty) if duty.is_debrief() && !self.content.assessed => Some("NOT_ASSESSED"),
            Some(_) => Some("QUORUM_NOT_MET"),
            None => None,
        }
    }
}

/// Where a meeting takes place.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The branch's days.
    pub branch: Existence,
    /// The days of the group named, when it is one of the branch.
    pub group: Option<Existence>,
}

/// What becomes of a meeting that may be recorded: its turnout, and the duties whose quorum was met under the
/// norms of its day. Without a norm in force, who comes makes the meeting.
pub fn hold(
    content: &Content,
    place: &Place,
    roll: &Roll,
    norms: &Norms,
    today: Day,
) -> Result<(Turnout, Duties), ActivityError> {
    dates(content, place, today)?;
    circle(content, place)?;
    let turnout = turnout(content, roll)?;
    let quorate = content.duties.iter().filter(|duty| {
        let quorum = norms.on(*duty, content.held_on).map(|norm| norm.quorum);
        let met = quorum.map_or(turnout.present > 0, |quorum| turnout.meets(quorum));
        met && (content.assessed || !duty.is_debrief())
    });
    Ok((turnout, alone_or_held(content.duties, quorate.collect())))
}

/// Study is an agenda item: it counts when the meeting on whose agenda it stood does.
fn alone_or_held(duties: Duties, quorate: Duties) -> Duties {
    let others = |set: Duties| set.iter().filter(|duty| *duty != Duty::Study).collect::<Duties>();
    if others(duties).is_empty() || !others(quorate).is_empty() {
        quorate
    } else {
        Duties::default()
    }
}

fn dates(content: &Content, place: &Place, today: Day) -> Result<(), ActivityError> {
    let year = content.held_on.year();
    if content.held_on > today {
        return Err(ActivityError::HeldInFuture);
    }
    if !place.branch.on(content.held_on) {
        return Err(ActivityError::DayOutsideExistence);
    }
    match content.completed_on {
        Some(day) if day > today => return Err(ActivityError::CompletedInFuture),
        Some(day) if day < content.held_on => return Err(ActivityError::CompletedBeforeHeld),
        _ => {}
    }
    if content.for_year != year && content.for_year != year - 1 {
        return Err(ActivityError::YearNotOfMeeting);
    }
    Ok(())
}

/// A group meets for its own duties, a committee with its own members.
fn circle(content: &Content, place: &Place) -> Result<(), ActivityError> {
    let there = place.group.is_some_and(|group| group.on(content.held_on));
    match (content.group, content.duties.has(Duty::Group)) {
        (Some(_), true) if there => {}
        (None, false) => {}
        _ => return Err(ActivityError::GroupNotOfBranch),
    }
    let of_group = |duty| matches!(duty, Duty::Group | Duty::Study);
    if content.group.is_some() && !content.duties.iter().all(of_group) {
        return Err(ActivityError::DutyNotOfGroup);
    }
    let (entitled, present) = content.committee;
    if present > entitled || (entitled > 0) != content.duties.has(Duty::Committee) {
        return Err(ActivityError::VoteImpossible);
    }
    Ok(())
}

fn turnout(content: &Content, roll: &Roll) -> Result<Turnout, ActivityError> {
    let mut turnout = Turnout {
        full_entitled: roll.full,
        probationary_entitled: roll.probationary,
        exempt: roll.exempt,
        committee_entitled: content.committee.0,
        committee_present: content.committee.1,
        ..Turnout::default()
    };
    let mut seen = HashSet::with_capacity(content.present.len() + content.leave.len());
    for (index, person) in content.present.iter().chain(&content.leave).enumerate() {
        let on_roll = roll
            .members
            .get(person)
            .ok_or(ActivityError::PersonNotOnRoll { index })?;
        if !seen.insert(person) {
            return Err(ActivityError::AttendanceOverRoll);
        }
        if index < content.present.len() {
            turnout.present += 1;
            turnout.full_present += u32::from(on_roll.full);
            turnout.present_not_exempt += u32::from(!on_roll.exempt);
        }
    }
    Ok(turnout)
}

#[cfg(test)]
mod tests {
    use super::{super::roll::OnRoll, *};

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn people(count: usize) -> Vec<PersonId> {
        (0..count).map(|_| PersonId::new()).collect()
    }

    /// A roll on which the first are exempt and the last are probationary.
    fn roll(persons: &[PersonId], exempt: usize, probationary: usize) -> Roll {
        let full = persons.len() - probationary;
        let on_roll = |(k, person): (usize, &PersonId)| {
            (
                *person,
                OnRoll {
                    full: k < full,
                    exempt: k < exempt,
                },
            )
        };
        let count = |n: usize| u32::try_from(n).expect("small");
        Roll {
            full: count(full),
            probationary: count(probationary),
            exempt: count(exempt),
            members: persons.iter().enumerate().map(on_roll).collect(),
        }
    }

    fn content(duties: &[Duty], present: &[PersonId]) -> Content {
        Content {
            duties: duties.iter().copied().collect(),
            held_on: day("2025-03-14"),
            topic: "学习".into(),
            group: None,
            present: present.to_vec(),
            leave: Vec::new(),
            lecturers: Vec::new(),
            observers: 0,
            completed_on: Some(day("2025-03-17")),
            for_year: 2025,
            committee: (0, 0),
            assessed: false,
        }
    }

    const PLACE: fn() -> Place = || Place {
        branch: Existence {
            from: day("2020-01-01"),
            until: None,
        },
        group: None,
    };

    fn held(content: &Content, place: &Place, roll: &Roll) -> Result<Vec<Duty>, ActivityError> {
        hold(content, place, roll, Norms::shipped(), day("2025-04-01"))
            .map(|(_, duties)| duties.iter().collect())
    }

    #[test]
    fn each_duty_of_a_session_is_judged_by_its_own_quorum() {
        let persons = people(10);
        let roll = roll(&persons, 4, 0);
        // Three of ten full members: half of the six who are not exempt, but no quorum of an assembly.
        let present = &persons[4..7];
        let session = content(&[Duty::Assembly, Duty::Theme, Duty::Study], present);
        assert_eq!(
            held(&session, &PLACE(), &roll),
            Ok(vec![Duty::Theme, Duty::Study]),
            "R-110, R-115, R-213"
        );
        let assembly = content(&[Duty::Assembly, Duty::Study], present);
        assert_eq!(
            held(&assembly, &PLACE(), &roll),
            Ok(vec![]),
            "study on the agenda of a meeting that was none"
        );
        assert_eq!(
            held(&content(&[Duty::Study], present), &PLACE(), &roll),
            Ok(vec![Duty::Study])
        );
    }

    #[test]
    fn probationary_members_make_no_quorum_of_an_assembly() {
        let persons = people(10);
        let roll = roll(&persons, 0, 6);
        let present: Vec<_> = persons[3..].to_vec();
        assert_eq!(
            held(&content(&[Duty::Assembly], &present), &PLACE(), &roll),
            Ok(vec![]),
            "1 of 4 (trap 1)"
        );
        assert_eq!(
            held(&content(&[Duty::Theme], &present), &PLACE(), &roll),
            Ok(vec![Duty::Theme])
        );
    }

    #[test]
    fn a_debrief_counts_only_with_its_assessment() {
        let persons = people(4);
        let roll = roll(&persons, 0, 0);
        let mut debrief = content(&[Duty::DebriefAssembly], &persons);
        assert_eq!(held(&debrief, &PLACE(), &roll), Ok(vec![]), "R-125");
        debrief.assessed = true;
        assert_eq!(held(&debrief, &PLACE(), &roll), Ok(vec![Duty::DebriefAssembly]));
    }

    #[test]
    fn dates_that_cannot_be_are_refused() {
        let persons = people(3);
        let roll = roll(&persons, 0, 0);
        let of = |change: fn(&mut Content)| {
            let mut changed = content(&[Duty::Theme], &persons);
            change(&mut changed);
            held(&changed, &PLACE(), &roll)
        };
        assert_eq!(
            of(|c| c.held_on = day("2025-04-02")),
            Err(ActivityError::HeldInFuture)
        );
        assert_eq!(
            of(|c| c.held_on = day("2019-12-31")),
            Err(ActivityError::DayOutsideExistence)
        );
        assert_eq!(
            of(|c| c.completed_on = Some(day("2025-04-02"))),
            Err(ActivityError::CompletedInFuture)
        );
        assert_eq!(
            of(|c| c.completed_on = Some(day("2025-03-13"))),
            Err(ActivityError::CompletedBeforeHeld)
        );
        assert_eq!(of(|c| c.for_year = 2023), Err(ActivityError::YearNotOfMeeting));
        assert_eq!(
            of(|c| c.for_year = 2024),
            Ok(vec![Duty::Theme]),
            "early in the next year, for the last one"
        );
    }

    #[test]
    fn nobody_is_counted_twice_and_nobody_from_elsewhere() {
        let persons = people(3);
        let roll = roll(&persons, 0, 0);
        let mut session = content(&[Duty::Theme], &persons);
        session.leave = vec![persons[1]];
        assert_eq!(
            held(&session, &PLACE(), &roll),
            Err(ActivityError::AttendanceOverRoll)
        );
        session.leave = people(1);
        assert_eq!(
            held(&session, &PLACE(), &roll),
            Err(ActivityError::PersonNotOnRoll { index: 3 })
        );
    }

    #[test]
    fn a_group_meets_only_for_its_own_duties_and_while_it_exists() {
        let persons = people(3);
        let roll = roll(&persons, 0, 0);
        let mut session = content(&[Duty::Group], &persons);
        assert_eq!(
            held(&session, &PLACE(), &roll),
            Err(ActivityError::GroupNotOfBranch),
            "R-113"
        );
        session.group = Some(OrganizationId::new());
        assert_eq!(
            held(&session, &PLACE(), &roll),
            Err(ActivityError::GroupNotOfBranch),
            "of another branch"
        );
        let group = |from| Place {
            group: Some(Existence {
                from: day(from),
                until: None,
            }),
            ..PLACE()
        };
        assert_eq!(
            held(&session, &group("2025-03-15"), &roll),
            Err(ActivityError::GroupNotOfBranch)
        );
        assert_eq!(held(&session, &group("2025-03-01"), &roll), Ok(vec![Duty::Group]));
        session.duties = session.duties.and(Duty::Assembly);
        assert_eq!(
            held(&session, &group("2025-03-01"), &roll),
            Err(ActivityError::DutyNotOfGroup)
        );
    }

    #[test]
    fn committee_numbers_must_add_up() {
        let persons = people(5);
        let roll = roll(&persons, 0, 0);
        for (duties, committee) in [
            (Duty::Committee, (0, 0)),
            (Duty::Committee, (3, 4)),
            (Duty::Theme, (3, 3)),
        ] {
            let session = Content {
                committee,
                ..content(&[duties], &persons)
            };
            assert_eq!(
                held(&session, &PLACE(), &roll),
                Err(ActivityError::VoteImpossible),
                "{committee:?}"
            );
        }
    }

    #[test]
    fn what_is_annulled_or_without_a_complete_record_counts_no_more() {
        let persons = people(3);
        let content = content(&[Duty::Theme], &persons);
        let (turnout, quorate) = hold(
            &content,
            &PLACE(),
            &roll(&persons, 0, 0),
            Norms::shipped(),
            day("2025-04-01"),
        )
        .expect("held");
        let branch = OrganizationId::new();
        let meeting = Meeting {
            id: MeetingId::new(),
            branch,
            content,
            turnout,
            quorate,
            annulled: false,
            version: 1,
        };
        assert_eq!((meeting.counts(), meeting.shortfall()), (quorate, None));
        let mut incomplete = meeting.clone();
        incomplete.content.completed_on = None;
        assert_eq!(
            (incomplete.counts(), incomplete.shortfall()),
            (Duties::default(), Some("RECORD_INCOMPLETE"))
        );
        let annulled = Meeting {
            annulled: true,
            ..meeting
        };
        assert_eq!(
            (annulled.counts(), annulled.shortfall()),
            (Duties::default(), Some("ANNULLED"))
        );
    }
}
