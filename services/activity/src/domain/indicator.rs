//! The indicators of organizational life, exactly as the catalogue words them.

use std::collections::HashMap;

use chrono::Datelike;
use kernel::{
    Calendar, Day, Period,
    id::{MeetingId, RecordId},
    indicator::{Count, NOT_KEPT_YET, Span},
};

use super::{
    duty::Duty,
    leader::{self, Attendance, Leader},
    norm::Norms,
    owed::{self, Branch, Session},
    record::{self, Due, Kind, Review},
    timely,
};

/// The indicators that are kept.
pub const KEPT: &[&str] = &[
    "activity.study.held",
    "activity.assembly.held",
    "activity.committee.held",
    "activity.group.held",
    "activity.lecture.held",
    "activity.theme.held",
    "activity.life.held",
    "activity.debrief.held",
    "activity.review.graded",
    "activity.leader.attendance",
    "activity.leader.lecture",
    "activity.record.timely",
    "activity.resolution.done",
    "activity.task.done",
    "activity.goal.reached",
    "activity.ticket.closed",
    "activity.quarters.silent",
];

/// Indicators that ask who was at the meetings.
pub const BY_PERSON: &[&str] = &["activity.leader.attendance", "activity.leader.lecture"];

/// What indicators of one branch are counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The branch with its meetings.
    pub branch: Branch,
    /// Its leaders.
    pub leaders: Vec<Leader>,
    /// Who was at its meetings; empty when no indicator asks.
    pub attendance: HashMap<MeetingId, Attendance>,
    /// Its resolutions, tasks, goals and tickets that fell due in the period.
    pub due: Vec<Due>,
    /// Its reviews for the year, the latest last.
    pub reviews: Vec<(RecordId, Review)>,
}

/// Counts one indicator of a branch. One that is not kept answers so.
#[must_use]
pub fn count(id: &str, facts: &Facts, span: Span) -> Count {
    let held = |duty, reason| rhythm(&facts.branch, &[duty], span, reason);
    match id {
        "activity.study.held" => held(Duty::Study, "NO_FULL_MONTH"),
        "activity.assembly.held" => held(Duty::Assembly, "NO_FULL_QUARTER"),
        "activity.committee.held" => held(Duty::Committee, "NO_COMMITTEE_OWED"),
        "activity.group.held" => held(Duty::Group, "NO_PARTY_GROUP"),
        "activity.lecture.held" => held(Duty::Lecture, "NO_FULL_QUARTER"),
        "activity.theme.held" => held(Duty::Theme, "NO_FULL_MONTH"),
        "activity.life.held" => held(Duty::Life, "FOUNDED_AFTER_SEPTEMBER"),
        "activity.debrief.held" => {
            let both = [Duty::DebriefAssembly, Duty::DebriefSuperior];
            rhythm(&facts.branch, &both, span, "FOUNDED_AFTER_SEPTEMBER")
        }
        "activity.quarters.silent" => silent(&facts.branch, span),
        _ => lived(facts, span.period).map_or(Count::none("NOT_IN_EXISTENCE"), |period| {
            of_records(id, facts, period, span)
        }),
    }
}

/// The indicators that ask for the days on which the branch existed.
fn of_records(id: &str, facts: &Facts, period: Period, span: Span) -> Count {
    match id {
        "activity.review.graded" => graded(facts, period, span.freeze_day),
        "activity.leader.attendance" => attendance(facts, period, span.freeze_day),
        "activity.leader.lecture" => lecture(facts, period, span.freeze_day),
        "activity.record.timely" => in_time(&facts.branch, period, span.freeze_day),
        "activity.resolution.done" => done(facts, Kind::Resolution, period, "NO_RESOLUTION_DUE"),
        "activity.task.done" => done(facts, Kind::Task, period, "NO_TASK_DUE"),
        "activity.goal.reached" => goals(facts, period),
        "activity.ticket.closed" => done(facts, Kind::Ticket, period, "NO_TICKET_DUE"),
        _ => Count::none(NOT_KEPT_YET),
    }
}

fn lived(facts: &Facts, period: Period) -> Option<Period> {
    period.clip(facts.branch.existence.from, facts.branch.existence.until)
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn words<T: ToString>(ids: impl IntoIterator<Item = T>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

fn rhythm(branch: &Branch, duties: &[Duty], span: Span, reason: &'static str) -> Count {
    let owed = |duty: &Duty| owed::owed(Norms::shipped(), *duty, branch, span.period, span.freeze_day);
    let all: Vec<_> = duties.iter().map(owed).collect();
    let expected: usize = all.iter().map(|owed| owed.slots.len()).sum();
    let met: Vec<MeetingId> = all.iter().flat_map(owed::Owed::held).collect();
    Count::of(whole(met.len()), whole(expected), reason, words(met))
}

fn silent(branch: &Branch, span: Span) -> Count {
    let silence = owed::silence(branch, span.period, span.freeze_day);
    if silence.quarters == 0 {
        return Count::none("NO_FULL_QUARTER");
    }
    Count::number(whole(silence.longest.len()), words(silence.longest))
}

/// Whether the branch was founded after a day of the period's year.
fn founded_after(facts: &Facts, period: Period, month: u32, day: u32) -> bool {
    Day::from_ymd_opt(period.last().year(), month, day)
        .is_some_and(|limit| facts.branch.existence.from > limit)
}

/// Several reviews for one year: the latest that was held by the freeze.
fn graded(facts: &Facts, period: Period, freeze: Day) -> Count {
    if founded_after(facts, period, 9, 30) {
        return Count::none("FOUNDED_AFTER_SEPTEMBER");
    }
    match facts.reviews.iter().rfind(|(_, review)| review.held_on <= freeze) {
        None => Count::of(
            0,
            facts.branch.full_on(period.last()).into(),
            "NO_FULL_MEMBER",
            Vec::new(),
        ),
        Some((id, review)) => {
            let grades: i64 = review.grades.iter().map(|n| i64::from(*n)).sum();
            let evidence = vec![id.to_string(), format!("grades={grades}")];
            Count::of(grades, review.eligible.into(), "NO_FULL_MEMBER", evidence)
        }
    }
}

/// Meetings together with who was there; one without any attendance is left out.
fn life(facts: &Facts) -> Vec<(&Session, &Attendance)> {
    let sessions = facts.branch.sessions.iter();
    sessions
        .filter_map(|session| Some((session, facts.attendance.get(&session.id)?)))
        .collect()
}

fn attendance(facts: &Facts, period: Period, freeze: Day) -> Count {
    let found = leader::attended(&facts.leaders, &life(facts), period, freeze);
    let mut evidence = vec![format!("attendances={}", found.came)];
    evidence.extend(words(found.meetings));
    Count::of(found.came, found.due, "NO_ATTENDANCE_DUE", evidence)
}

fn lecture(facts: &Facts, period: Period, freeze: Day) -> Count {
    let owing = leader::owing_lecture(&facts.leaders, period.last());
    let given = leader::lectured(&owing, &life(facts), period, freeze);
    Count::of(
        whole(given.len()),
        whole(owing.len()),
        "NO_LEADER_FOR_SIX_MONTHS",
        words(given),
    )
}

fn in_time(branch: &Branch, period: Period, freeze: Day) -> Count {
    let (timely, all) = timely::timely(&branch.sessions, period, freeze, Calendar::official());
    let told = |session: &Session| {
        let completed = session
            .completed_on
            .map(|day| day.to_string())
            .unwrap_or_default();
        format!("{}={completed}", session.id)
    };
    let evidence = all.iter().map(|session| told(session)).collect();
    Count::of(whole(timely.len()), whole(all.len()), "NO_MEETING_HELD", evidence)
}

fn done(facts: &Facts, kind: Kind, period: Period, reason: &'static str) -> Count {
    let (done, due) = record::due(&facts.due, kind, period);
    Count::of(done, whole(due.len()), reason, words(due))
}

/// A branch without a confirmed plan owes one goal all the same.
fn goals(facts: &Facts, period: Period) -> Count {
    if founded_after(facts, period, 6, 30) {
        return Count::none("FOUNDED_AFTER_JUNE");
    }
    let (reached, due) = record::due(&facts.due, Kind::Goal, period);
    Count::of(reached, whole(due.len()).max(1), "NO_GOAL", words(due))
}

#[cfg(test)]
mod tests;
