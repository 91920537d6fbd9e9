//! Meetings: when one may be recorded, and which of its duties count.

use std::collections::HashSet;

use chrono::Datelike;
use kernel::{
    Day,
    id::{MeetingId, OrganizationId, PersonId},
};

use super::{
    duty::{Duties, Duty},
    leader,
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
    /// The result of the assessment; empty when none is on record.
    pub assessment: String,
    /// Agenda items of theory study.
    pub study_items: Vec<String>,
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
    /// Who was on the roll of the day and neither came nor was excused, where leaders are asked (S-322).
    pub absent: Option<Vec<PersonId>>,
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
    /// The days of the group named in the branch, when it is one of it.
    pub group: Option<Existence>,
}

/// A meeting that took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Who should have come and who came.
    pub turnout: Turnout,
    /// The duties whose quorum was met.
    pub quorate: Duties,
    /// Who neither came nor was excused, where leaders are asked.
    pub absent: Option<Vec<PersonId>>,
}

/// What becomes of a meeting that may be recorded: its turnout, and the duties whose quorum was met under the
/// norms of its day. Without a norm in force, who comes makes the meeting.
pub fn hold(
    content: &Content,
    place: &Place,
    roll: &Roll,
    norms: &Norms,
    today: Day,
) -> Result<Holding, ActivityError> {
    dates(content, place, today)?;
    circle(content, place)?;
    let turnout = turnout(content, roll)?;
    let quorate = content.duties.iter().filter(|duty| {
        let quorum = norms.on(*duty, content.held_on).map(|norm| norm.quorum);
        let met = quorum.map_or(turnout.present > 0, |quorum| turnout.meets(quorum));
        met && (content.assessed || !duty.is_debrief())
    });
    let quorate = alone_or_held(content.duties, quorate.collect());
    Ok(Holding {
        turnout,
        quorate,
        absent: absent(content, roll),
    })
}

/// Who was on the roll and is not named; of meetings that no leader owes, nobody is kept.
fn absent(content: &Content, roll: &Roll) -> Option<Vec<PersonId>> {
    if !leader::ASKED.iter().any(|duty| content.duties.has(*duty)) {
        return None;
    }
    let named: HashSet<&PersonId> = content.present.iter().chain(&content.leave).collect();
    let mut absent: Vec<PersonId> = roll
        .members
        .keys()
        .filter(|person| !named.contains(person))
        .copied()
        .collect();
    absent.sort_unstable();
    Some(absent)
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

/// Who records a meeting says of its record that it is complete today, or nothing yet: the day is not his to choose, or
/// every record would be in time (R-214, S-323). Earlier days come in with what is taken over.
pub fn complete_today(content: &Content, today: Day) -> Result<(), ActivityError> {
    match content.completed_on {
        Some(day) if day != today => Err(ActivityError::CompletedNotToday),
        _ => Ok(()),
    }
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
mod tests;
