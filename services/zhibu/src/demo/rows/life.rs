//! Organizational life: meetings, and what is recorded of reviews, resolutions, tasks, goals, tickets, training
//! and findings.

use kernel::{Day, Domain};
use proto::{
    activity::v1::{
        DatedRecord, Duty, MeetingContent, MeetingRow, RecordRow, ReviewResult, TrainingSession,
        record_row::Record,
    },
    rating::v1::FindingRow,
};

use chrono::Datelike;

use super::{Sight, external, line, members::session_id, text};
use crate::county::{
    County, PersonIx,
    hours::TrainingKind,
    meetings::{self, Meeting},
};

/// Meetings whose record was completed since the last stage.
#[must_use]
pub fn meetings(sight: &Sight<'_>) -> Vec<(usize, MeetingRow)> {
    let all = sight.county.meetings.iter().enumerate();
    all.filter(|(_, meeting)| sight.now(meeting.recorded_on))
        .map(|(at, meeting)| {
            let row = MeetingRow {
                line: line(at),
                external_id: external(format!("{}-m{at:06}", sight.county.code)),
                branch_id: sight.known.organization(meeting.branch),
                content: Some(content(sight, at, meeting)),
            };
            (meeting.branch, row)
        })
        .collect()
}

fn content(sight: &Sight<'_>, at: usize, meeting: &Meeting) -> MeetingContent {
    let mut duties: Vec<i32> = meeting.duties.iter().map(|duty| word(*duty).into()).collect();
    if meeting.study {
        duties.push(Duty::Study.into());
    }
    let committee = meeting.duties.contains(&meetings::Duty::Committee);
    let present = u32::try_from(meeting.present.len()).unwrap_or(u32::MAX);
    MeetingContent {
        duties,
        held_on: text(meeting.held_on),
        topic: topic(meeting),
        group_id: meeting
            .group
            .map(|group| sight.known.groups[group].clone())
            .unwrap_or_default(),
        present_ids: sight.known.people(&meeting.present),
        leave_ids: sight.known.people(&meeting.on_leave),
        lecturer_ids: meeting
            .lecturer
            .map(|who| sight.known.person(who))
            .into_iter()
            .collect(),
        observers: 0,
        completed_on: text(meeting.recorded_on),
        for_year: other_year(meeting.held_on, meeting.counts_for),
        committee_entitled: if committee {
            present.max(meeting.expected.into())
        } else {
            0
        },
        committee_present: if committee { present } else { 0 },
        assessed: meeting.duties.contains(&meetings::Duty::Debrief),
        assessment_id: if meeting.duties.contains(&meetings::Duty::Debrief) {
            format!("{}-m{at:06}-assessment", sight.county.code)
        } else {
            String::new()
        },
        study_item_ids: meeting
            .study
            .then(|| format!("{}-m{at:06}-study", sight.county.code))
            .into_iter()
            .collect(),
    }
}

/// The year for which a meeting counts, where it is not the one of its day.
fn other_year(held_on: Day, counts_for: i32) -> i32 {
    if held_on.year() == counts_for {
        0
    } else {
        counts_for
    }
}

fn word(duty: meetings::Duty) -> Duty {
    match duty {
        meetings::Duty::Assembly => Duty::Assembly,
        meetings::Duty::Committee => Duty::Committee,
        meetings::Duty::Group => Duty::Group,
        meetings::Duty::Lecture => Duty::Lecture,
        meetings::Duty::Theme => Duty::Theme,
        meetings::Duty::Life => Duty::Life,
        meetings::Duty::Review => Duty::Review,
        meetings::Duty::Debrief => Duty::DebriefAssembly,
    }
}

fn topic(meeting: &Meeting) -> String {
    let name = |duty: &meetings::Duty| match duty {
        meetings::Duty::Assembly => "党员大会",
        meetings::Duty::Committee => "支委会",
        meetings::Duty::Group => "党小组会",
        meetings::Duty::Lecture => "党课",
        meetings::Duty::Theme => "主题党日",
        meetings::Duty::Life => "组织生活会",
        meetings::Duty::Review => "民主评议党员",
        meetings::Duty::Debrief => "书记述职",
    };
    let names: Vec<&str> = meeting.duties.iter().map(name).collect();
    format!("{}月{}", meeting.held_on.month(), names.join("、"))
}

/// The debrief of one branch before its superior committee, as the committee's clerk records it today.
#[must_use]
pub fn superior_debrief(
    sight: &Sight<'_>,
    debrief: &meetings::SuperiorDebrief,
    speaker: PersonIx,
    today: Day,
) -> MeetingContent {
    MeetingContent {
        duties: vec![Duty::DebriefSuperior.into()],
        held_on: text(debrief.held_on),
        topic: "支部书记抓党建工作述职评议".into(),
        present_ids: vec![sight.known.person(speaker)],
        completed_on: text(today),
        for_year: other_year(debrief.held_on, sight.county.year),
        assessed: true,
        assessment_id: format!("{}-d{speaker:06}-assessment", sight.county.code),
        ..MeetingContent::default()
    }
}

/// All other records of organizational life that are complete since the last stage.
#[must_use]
pub fn records(sight: &Sight<'_>) -> Vec<(usize, RecordRow)> {
    let mut sheaf = Sheaf {
        sight,
        rows: Vec::new(),
    };
    sheaf.reviews();
    sheaf.resolutions();
    sheaf.tasks_and_goals();
    sheaf.tickets();
    sheaf.training();
    sheaf.rows
}

struct Sheaf<'a> {
    sight: &'a Sight<'a>,
    rows: Vec<(usize, RecordRow)>,
}

impl Sheaf<'_> {
    fn add(&mut self, id: String, branch: usize, record: Record) {
        let row = RecordRow {
            line: line(self.rows.len()),
            external_id: external(id),
            branch_id: self.sight.known.organization(branch),
            record: Some(record),
        };
        self.rows.push((branch, row));
    }

    fn id(&self, kind: &str, at: usize) -> String {
        format!("{}-{kind}{at:06}", self.sight.county.code)
    }

    fn dated(
        &self,
        title: &str,
        (raised, due, done): (Day, Day, Option<Day>),
        confirmed: bool,
    ) -> DatedRecord {
        let done_on = self.sight.past(done);
        DatedRecord {
            title: title.into(),
            raised_on: text(raised),
            due_on: text(due),
            confirmed: confirmed && !done_on.is_empty(),
            done_on,
            ..DatedRecord::default()
        }
    }

    fn reviews(&mut self) {
        let county = self.sight.county;
        for (at, review) in county.reviews.iter().enumerate() {
            let meeting = &county.meetings[review.meeting];
            if self.sight.now(meeting.recorded_on) {
                let [excellent, good, fair, poor] = review.grades;
                let record = ReviewResult {
                    held_on: text(meeting.held_on),
                    for_year: meeting.counts_for,
                    eligible: review.eligible,
                    excellent,
                    good,
                    fair,
                    poor,
                    left_out_decisions: (1..=review.left_out)
                        .map(|nth| format!("{}-decision{nth}", self.id("v", at)))
                        .collect(),
                };
                self.add(self.id("v", at), review.branch, Record::Review(record));
            }
        }
    }

    fn resolutions(&mut self) {
        let county = self.sight.county;
        for (at, one) in county.resolutions.iter().enumerate() {
            if self.sight.now(one.done_on.unwrap_or(one.due)) {
                let raised = county.meetings[one.meeting].held_on;
                let record = self.dated(one.title, (raised, one.due, one.done_on), true);
                let record = shown(record, &self.id("s", at));
                self.add(self.id("s", at), one.branch, Record::Resolution(record));
            }
        }
    }

    fn tasks_and_goals(&mut self) {
        let county = self.sight.county;
        for (at, one) in county.tasks.iter().enumerate() {
            if self.sight.now(one.done_on.unwrap_or(one.due)) {
                let record = self.dated(one.programme, (one.raised_on, one.due, one.done_on), true);
                let domain = county.organizations[one.branch].domain;
                let record = DatedRecord {
                    programme: one.programme.into(),
                    admission: match domain {
                        Some(Domain::Rural | Domain::Community) => format!("{}-admission", self.id("k", at)),
                        _ => String::new(),
                    },
                    ..shown(record, &self.id("k", at))
                };
                self.add(self.id("k", at), one.branch, Record::Task(record));
            }
        }
        for (at, one) in county.goals.iter().enumerate() {
            if self.sight.now(one.reached_on.unwrap_or(one.due)) {
                let record = self.dated(one.title, (one.confirmed_on, one.due, one.reached_on), true);
                let record = DatedRecord {
                    plan_hash: plan(county, one.branch),
                    plan_confirmed_on: text(one.confirmed_on),
                    ..record
                };
                self.add(self.id("g", at), one.branch, Record::Goal(record));
            }
        }
    }

    fn tickets(&mut self) {
        for (at, one) in self.sight.county.tickets.iter().enumerate() {
            if self.sight.now(one.closed_on.unwrap_or(one.due)) {
                let record = self.dated("群众问题", (one.raised_on, one.due, one.closed_on), one.confirmed);
                self.add(self.id("q", at), one.branch, Record::Ticket(record));
            }
        }
    }

    fn training(&mut self) {
        let county = self.sight.county;
        for (at, one) in county.training_sessions.iter().enumerate() {
            if one.kind == TrainingKind::Branch && self.sight.now(one.held_on) {
                let record = TrainingSession {
                    title: one.title.into(),
                    on: text(one.held_on),
                    quarter_hours: one.quarter_hours.into(),
                    format: "lecture".into(),
                };
                let id = session_id(&county.code, at);
                self.add(id, one.organization, Record::Training(record));
            }
        }
    }
}

/// A record that is done has another one that shows it.
fn shown(record: DatedRecord, id: &str) -> DatedRecord {
    let evidence = if record.done_on.is_empty() {
        String::new()
    } else {
        format!("{id}-record")
    };
    DatedRecord { evidence, ..record }
}

/// The hash of the yearly plan of a branch: of its goals with their days, as the superior confirmed them.
fn plan(county: &County, branch: usize) -> String {
    let goals = county.goals.iter().filter(|goal| goal.branch == branch);
    let text: Vec<String> = goals.map(|goal| format!("{} {}", goal.title, goal.due)).collect();
    hex::encode(seal::sm3(text.join("\n").as_bytes()))
}

/// Findings of inspections and audits: sent when they are found and again when they are closed.
#[must_use]
pub fn findings(sight: &Sight<'_>) -> Vec<(usize, FindingRow)> {
    sight.changed(sight.county.findings.len(), |at, on| {
        let finding = &sight.county.findings[at];
        let closed = finding.closed.as_ref().filter(|closing| closing.on <= on);
        (finding.opened_on <= on).then(|| {
            let row = FindingRow {
                line: line(at),
                external_id: external(format!("{}-f{at:05}", sight.county.code)),
                branch_id: sight.known.organization(finding.branch),
                title: finding.title.into(),
                found_on: text(finding.opened_on),
                due_on: text(finding.due),
                closed_on: closed.map(|closing| text(closing.on)).unwrap_or_default(),
                confirmed_by: closed
                    .map(|closing| sight.known.person(closing.confirmed_by))
                    .unwrap_or_default(),
                closed_by: closed
                    .map(|closing| sight.known.person(closing.by))
                    .unwrap_or_default(),
                closing_evidence: closed
                    .map(|closing| format!("整改情况报告（{}）", text(closing.on)))
                    .unwrap_or_default(),
            };
            (finding.branch, row)
        })
    })
}
