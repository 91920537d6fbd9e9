//! The indicators of organizational life, exactly as the catalogue words them.

use std::collections::HashMap;

use chrono::Datelike;
use kernel::{
    Calendar, Day, Domain, Period,
    id::{MeetingId, PersonId, RecordId},
    indicator::{Count, NOT_KEPT_YET, Span},
};

use super::{
    duty::Duty,
    leader::{self, Attendance, Leader},
    norm::Norms,
    owed::{self, Branch, Session},
    record::{self, Due, Kind, Outage, Review},
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
    /// Its domain on the last day of the period.
    pub domain: Option<Domain>,
    /// Its leaders.
    pub leaders: Vec<Leader>,
    /// Who was at its meetings; empty when no indicator asks.
    pub attendance: HashMap<MeetingId, Attendance>,
    /// The lectures that its leaders gave at their contact points.
    pub elsewhere: Vec<(PersonId, Session)>,
    /// When the platform could not be used.
    pub outages: Vec<Outage>,
    /// Its resolutions, tasks, goals and tickets that fell due in the period, or in the year that ends in it.
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
        "activity.review.graded" => yearly(facts, span, (9, 30), "FOUNDED_AFTER_SEPTEMBER", graded),
        "activity.goal.reached" => yearly(facts, span, (6, 30), "FOUNDED_AFTER_JUNE", goals),
        _ => lived(facts, span.period).map_or(Count::none("NOT_IN_EXISTENCE"), |period| {
            of_records(id, facts, period, span)
        }),
    }
}

/// The indicators that ask for the days on which the branch existed.
fn of_records(id: &str, facts: &Facts, period: Period, span: Span) -> Count {
    match id {
        "activity.leader.attendance" => attendance(facts, period, span),
        "activity.leader.lecture" => lecture(facts, period, span.freeze_day),
        "activity.record.timely" => in_time(facts, period, span.freeze_day),
        "activity.resolution.done" => done(facts, Kind::Resolution, period, "NO_RESOLUTION_DUE"),
        "activity.task.done" => done(facts, Kind::Task, period, "NO_TASK_DUE"),
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
    let met: Vec<String> = all
        .iter()
        .flat_map(|owed| owed.held().map(|id| shown(branch, owed.duty, id)))
        .collect();
    Count::of(whole(met.len()), whole(expected), reason, met)
}

/// A meeting, with the agenda items of study or the result of the assessment that make it count.
fn shown(branch: &Branch, duty: Duty, id: MeetingId) -> String {
    let session = branch.sessions.iter().find(|session| session.id == id);
    let more = match (session, duty) {
        (Some(session), Duty::Study) => session.study_items.join("+"),
        (Some(session), duty) if duty.is_debrief() => session.assessment.clone(),
        _ => String::new(),
    };
    format!("{id} {more}").trim_end().to_owned()
}

fn silent(branch: &Branch, span: Span) -> Count {
    let silence = owed::silence(branch, span.period, span.freeze_day);
    if silence.quarters == 0 {
        return Count::none("NO_FULL_QUARTER");
    }
    Count::number(whole(silence.longest.len()), words(silence.silent))
}

/// What is owed once a year, for the year that ends in the period and by the days of it on which the branch existed.
/// One that was founded after the day of that year owes nothing.
fn yearly(
    facts: &Facts,
    span: Span,
    (month, day): (u32, u32),
    founded_late: &'static str,
    count: impl Fn(&Facts, Period, Day) -> Count,
) -> Count {
    let Some(year) = span.closing_year() else {
        return Count::none("NO_YEAR_ENDS");
    };
    let limit = Day::from_ymd_opt(year.last().year(), month, day).unwrap_or(year.last());
    match lived(facts, year) {
        _ if facts.branch.existence.from > limit => Count::none(founded_late),
        None => Count::none("NOT_IN_EXISTENCE"),
        Some(period) => count(facts, period, span.freeze_day),
    }
}

/// Several reviews for one year: the latest at a meeting that was held by the freeze.
fn graded(facts: &Facts, period: Period, freeze: Day) -> Count {
    let held = |review: &Review| {
        facts.branch.sessions.iter().find(|session| {
            let same = (session.held_on, session.for_year) == (review.held_on, review.for_year);
            same && session.counts(Duty::Review, freeze)
        })
    };
    let mut latest = facts.reviews.iter().rev();
    match latest.find_map(|(id, review)| Some((id, review, held(review)?))) {
        None => Count::of(
            0,
            facts.branch.full_on(period.last()).into(),
            "NO_FULL_MEMBER",
            Vec::new(),
        ),
        Some((id, review, session)) => {
            let grades: i64 = review.grades.iter().map(|n| i64::from(*n)).sum();
            let mut evidence = vec![format!("{} {id}", session.id), format!("grades={grades}")];
            evidence.extend(
                review
                    .left_out
                    .iter()
                    .map(|decision| format!("left_out={decision}")),
            );
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

fn attendance(facts: &Facts, period: Period, span: Span) -> Count {
    let year = span.closing_year().map(|year| year.first().year());
    let found = leader::attended(&facts.leaders, &life(facts), period, year, span.freeze_day);
    let mut evidence = vec![format!("attendances={}", found.came)];
    evidence.extend(words(found.meetings));
    Count::of(found.came, found.due, "NO_ATTENDANCE_DUE", evidence)
}

fn lecture(facts: &Facts, period: Period, freeze: Day) -> Count {
    let owing = leader::owing_lecture(&facts.leaders, period.last());
    let given = leader::lectured(&owing, &life(facts), &facts.elsewhere, period, freeze);
    Count::of(
        whole(given.len()),
        whole(owing.len()),
        "NO_LEADER_FOR_SIX_MONTHS",
        words(given),
    )
}

/// Each meeting with the day on which its record was complete; what was judged by a calendar that is missing is
/// provisional.
fn in_time(facts: &Facts, period: Period, freeze: Day) -> Count {
    let calendar = Calendar::official();
    let records = timely::records(&facts.branch.sessions, &facts.outages, period, freeze, calendar);
    let told = |session: &&Session| {
        let completed = session
            .completed_on
            .map(|day| day.to_string())
            .unwrap_or_default();
        format!("{}={completed}", session.id)
    };
    let provisional = records
        .provisional
        .iter()
        .map(|year| format!("provisional={year}"));
    let evidence = provisional.chain(records.owed.iter().map(told)).collect();
    Count::of(
        whole(records.timely),
        whole(records.owed.len()),
        "NO_MEETING_HELD",
        evidence,
    )
}

fn done(facts: &Facts, kind: Kind, period: Period, reason: &'static str) -> Count {
    let due = record::due(&facts.due, kind, facts.domain, period);
    let done = due.iter().filter(|one| one.in_time()).count();
    Count::of(
        whole(done),
        whole(due.len()),
        reason,
        due.into_iter().map(told).collect(),
    )
}

/// A record with what shows that it was admitted and done.
fn told(one: &Due) -> String {
    let dated = &one.dated;
    let parts = [
        ("admission", &dated.admission),
        ("evidence", &dated.evidence),
        ("plan", &dated.plan_hash),
    ];
    let parts = parts.iter().filter(|(_, id)| !id.is_empty());
    parts.fold(one.id.to_string(), |told, (word, id)| {
        format!("{told} {word}={id}")
    })
}

/// A branch without a confirmed plan owes one goal all the same.
fn goals(facts: &Facts, period: Period, _: Day) -> Count {
    match done(facts, Kind::Goal, period, "NO_GOAL") {
        Count::NotApplicable { .. } => Count::of(0, 1, "NO_GOAL", Vec::new()),
        counted => counted,
    }
}

#[cfg(test)]
mod tests;
