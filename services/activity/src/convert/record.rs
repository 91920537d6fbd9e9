//! Records other than meetings.

use kernel::{Refusal, id::OrganizationId};
use proto::activity::v1::{
    ContactPoint as SentContact, DatedRecord, Outage as SentOutage, RecordRow, ReviewResult, TrainingSession,
    record_row::Record as Sent,
};
use wire::Fields;

use super::key;
use crate::{
    domain::{
        meeting::Existence,
        record::{ContactPoint, Dated, Kind, Outage, Record, Review, Training},
    },
    error::ActivityError,
    store::external_ids::Key,
};

/// A row of an import, read.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line of the file.
    pub line: u32,
    /// Its id elsewhere.
    pub key: Key,
    /// The branch.
    pub branch: OrganizationId,
    /// What it says.
    pub record: Record,
}

/// Reads a row whose field rules hold.
pub fn row(row: &RecordRow) -> Result<Row, Refusal> {
    let mut fields = Fields::new();
    let sent = row.record.as_ref().ok_or(ActivityError::RecordMissing)?;
    let branch = fields.parse("branch_id", &row.branch_id);
    let key = fields.known("external_id", key(row.external_id.as_ref(), kind(sent)));
    let record = match sent {
        Sent::Review(sent) => review(&mut fields, sent),
        Sent::Resolution(sent) => dated(&mut fields, Kind::Resolution, sent),
        Sent::Task(sent) => dated(&mut fields, Kind::Task, sent),
        Sent::Goal(sent) => dated(&mut fields, Kind::Goal, sent),
        Sent::Ticket(sent) => dated(&mut fields, Kind::Ticket, sent),
        Sent::Training(sent) => training(&mut fields, sent),
        Sent::ContactPoint(sent) => contact_point(&mut fields, sent),
        Sent::Outage(sent) => outage(&mut fields, sent),
    };
    fields.build((|| {
        Some(Row {
            line: row.line,
            key: key?,
            branch: branch?,
            record: record?,
        })
    })())
}

fn kind(sent: &Sent) -> &'static str {
    match sent {
        Sent::Review(_) => "review",
        Sent::Resolution(_) => Kind::Resolution.code(),
        Sent::Task(_) => Kind::Task.code(),
        Sent::Goal(_) => Kind::Goal.code(),
        Sent::Ticket(_) => Kind::Ticket.code(),
        Sent::Training(_) => "training",
        Sent::ContactPoint(_) => "contact_point",
        Sent::Outage(_) => "outage",
    }
}

fn dated(fields: &mut Fields, kind: Kind, sent: &DatedRecord) -> Option<Record> {
    let code = kind.code();
    let raised_on = fields.day(&format!("{code}.raised_on"), &sent.raised_on);
    let due_on = fields.day(&format!("{code}.due_on"), &sent.due_on);
    let done_on = fields.optional_day(&format!("{code}.done_on"), &sent.done_on);
    let plan_confirmed_on =
        fields.optional_day(&format!("{code}.plan_confirmed_on"), &sent.plan_confirmed_on);
    Some(Record::Dated(Dated {
        kind,
        title: sent.title.trim().to_owned(),
        raised_on: raised_on?,
        due_on: due_on?,
        done_on,
        confirmed: sent.confirmed,
        evidence: sent.evidence.clone(),
        programme: sent.programme.trim().to_owned(),
        admission: sent.admission.clone(),
        plan_hash: sent.plan_hash.clone(),
        plan_confirmed_on,
    }))
}

fn review(fields: &mut Fields, sent: &ReviewResult) -> Option<Record> {
    let held_on = fields.day("review.held_on", &sent.held_on);
    Some(Record::Review(Review {
        held_on: held_on?,
        for_year: sent.for_year,
        eligible: sent.eligible,
        grades: [sent.excellent, sent.good, sent.fair, sent.poor],
        left_out: sent.left_out_decisions.clone(),
    }))
}

fn training(fields: &mut Fields, sent: &TrainingSession) -> Option<Record> {
    let on = fields.day("training.on", &sent.on);
    Some(Record::Training(Training {
        title: sent.title.trim().to_owned(),
        on: on?,
        quarter_hours: sent.quarter_hours,
        format: sent.format.clone(),
    }))
}

fn contact_point(fields: &mut Fields, sent: &SentContact) -> Option<Record> {
    let person = fields.parse("contact_point.person_id", &sent.person_id);
    let from = fields.day("contact_point.from", &sent.from);
    let until = fields.optional_day("contact_point.until", &sent.until);
    Some(Record::ContactPoint(ContactPoint {
        person: person?,
        days: Existence { from: from?, until },
    }))
}

fn outage(fields: &mut Fields, sent: &SentOutage) -> Option<Record> {
    let from = fields.day("outage.from", &sent.from);
    let until = fields.day("outage.until", &sent.until);
    Some(Record::Outage(Outage {
        from: from?,
        until: until?,
        reason: sent.reason.trim().to_owned(),
    }))
}

/// A record as the contract writes it.
#[must_use]
pub fn told(record: &Record) -> Sent {
    match record {
        Record::Dated(dated) => {
            let told = DatedRecord {
                title: dated.title.clone(),
                raised_on: dated.raised_on.to_string(),
                due_on: dated.due_on.to_string(),
                done_on: dated.done_on.map(|day| day.to_string()).unwrap_or_default(),
                confirmed: dated.confirmed,
                evidence: dated.evidence.clone(),
                programme: dated.programme.clone(),
                admission: dated.admission.clone(),
                plan_hash: dated.plan_hash.clone(),
                plan_confirmed_on: dated
                    .plan_confirmed_on
                    .map(|day| day.to_string())
                    .unwrap_or_default(),
            };
            match dated.kind {
                Kind::Resolution => Sent::Resolution(told),
                Kind::Task => Sent::Task(told),
                Kind::Goal => Sent::Goal(told),
                Kind::Ticket => Sent::Ticket(told),
            }
        }
        Record::Review(review) => {
            let [excellent, good, fair, poor] = review.grades;
            let held_on = review.held_on.to_string();
            Sent::Review(ReviewResult {
                held_on,
                for_year: review.for_year,
                eligible: review.eligible,
                excellent,
                good,
                fair,
                poor,
                left_out_decisions: review.left_out.clone(),
            })
        }
        Record::Training(training) => Sent::Training(TrainingSession {
            title: training.title.clone(),
            on: training.on.to_string(),
            quarter_hours: training.quarter_hours,
            format: training.format.clone(),
        }),
        Record::ContactPoint(contact) => Sent::ContactPoint(SentContact {
            person_id: contact.person.to_string(),
            from: contact.days.from.to_string(),
            until: contact.days.until.map(|day| day.to_string()).unwrap_or_default(),
        }),
        Record::Outage(outage) => Sent::Outage(SentOutage {
            from: outage.from.to_string(),
            until: outage.until.to_string(),
            reason: outage.reason.clone(),
        }),
    }
}
