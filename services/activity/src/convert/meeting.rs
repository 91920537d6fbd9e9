//! Meetings.

use chrono::Datelike;
use kernel::{Refusal, id::PersonId};
use proto::activity::v1 as contract;
use uuid::Uuid;
use wire::Fields;

use super::{duty, duty_number};
use crate::domain::{
    duty::{Duties, Duty},
    meeting::{Content, Meeting},
};

/// Reads what is sent of a meeting whose field rules hold; all wrong fields at once, then a duty named twice.
pub fn content(sent: &contract::MeetingContent) -> Result<Content, Refusal> {
    let mut fields = Fields::new();
    let duties: Vec<Duty> = sent.duties.iter().filter_map(|number| duty(*number)).collect();
    let held_on = fields.day("content.held_on", &sent.held_on);
    let completed_on = fields.optional_day("content.completed_on", &sent.completed_on);
    let group = fields.optional("content.group_id", &sent.group_id);
    let present = persons(&mut fields, "content.present_ids", &sent.present_ids);
    let leave = persons(&mut fields, "content.leave_ids", &sent.leave_ids);
    let lecturers = persons(&mut fields, "content.lecturer_ids", &sent.lecturer_ids);
    let held_on = fields.build(held_on)?;
    Ok(Content {
        duties: Duties::distinct(duties)?,
        held_on,
        topic: sent.topic.trim().to_owned(),
        group,
        present,
        leave,
        lecturers,
        observers: sent.observers,
        completed_on,
        for_year: if sent.for_year == 0 {
            held_on.year()
        } else {
            sent.for_year
        },
        committee: (sent.committee_entitled, sent.committee_present),
        assessed: sent.assessed,
        assessment: sent.assessment_id.clone(),
        study_items: sent.study_item_ids.clone(),
    })
}

fn persons(fields: &mut Fields, field: &str, ids: &[String]) -> Vec<PersonId> {
    let read = |(at, id): (usize, &String)| match id.parse() {
        Ok(person) => Some(person),
        Err(_) => fields.parse(&format!("{field}[{at}]"), id),
    };
    ids.iter().enumerate().filter_map(read).collect()
}

/// A meeting with its attendance.
#[must_use]
pub fn whole(meeting: &Meeting) -> contract::Meeting {
    let content = &meeting.content;
    let ids = |persons: &[PersonId]| persons.iter().map(ToString::to_string).collect();
    let mut told = bare(meeting);
    if let Some(sent) = &mut told.content {
        sent.present_ids = ids(&content.present);
        sent.leave_ids = ids(&content.leave);
        sent.lecturer_ids = ids(&content.lecturers);
    }
    told
}

/// A meeting without persons: for lists, and for answers to writes, which are stored under their key.
#[must_use]
pub fn bare(meeting: &Meeting) -> contract::Meeting {
    let (content, turnout, id) = (&meeting.content, &meeting.turnout, Uuid::from(meeting.id));
    contract::Meeting {
        id: meeting.id.to_string(),
        branch_id: meeting.branch.to_string(),
        content: Some(contract::MeetingContent {
            duties: numbers(content.duties),
            held_on: content.held_on.to_string(),
            topic: content.topic.clone(),
            group_id: content.group.map(|group| group.to_string()).unwrap_or_default(),
            observers: content.observers,
            completed_on: content
                .completed_on
                .map(|day| day.to_string())
                .unwrap_or_default(),
            for_year: if content.for_year == content.held_on.year() {
                0
            } else {
                content.for_year
            },
            committee_entitled: content.committee.0,
            committee_present: content.committee.1,
            assessed: content.assessed,
            assessment_id: content.assessment.clone(),
            study_item_ids: content.study_items.clone(),
            ..Default::default()
        }),
        full_entitled: turnout.full_entitled,
        probationary_entitled: turnout.probationary_entitled,
        exempt: turnout.exempt,
        full_present: turnout.full_present,
        present_not_exempt: turnout.present_not_exempt,
        held: meeting.shortfall().is_none(),
        not_held_reason: meeting.shortfall().unwrap_or_default().to_owned(),
        annulled: meeting.annulled,
        etag: wire::etag(id, meeting.version),
        version: meeting.version,
        held_duties: numbers(meeting.counts()),
    }
}

fn numbers(duties: Duties) -> Vec<i32> {
    duties.iter().map(duty_number).collect()
}
