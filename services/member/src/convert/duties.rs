//! Dues, development and training: rows of imports.

use kernel::{
    Day, Fen, Refusal,
    id::{OrganizationId, PersonId},
};
use proto::member::v1::{DevelopmentStepRow, DuesLine, DuesSheetRow, TrainingHoursRow};
use wire::Fields;

use super::members::wrong;
use crate::{
    domain::{
        development::Step,
        dues::{Class, Line},
        person::Key,
        training::Session,
    },
    error::MemberError,
};

/// A sheet of an import, read.
pub struct Sheet {
    /// Line of the file.
    pub line: u32,
    /// The branch.
    pub branch: OrganizationId,
    /// First day of the month.
    pub month: Day,
    /// Whether payment by the quarter was agreed.
    pub quarterly: bool,
    /// The lines.
    pub lines: Vec<(PersonId, Line)>,
}

/// Reads a sheet whose field rules hold.
pub fn sheet(row: &DuesSheetRow) -> Result<Sheet, Refusal> {
    let mut fields = Fields::new();
    let branch = fields.parse("branch_id", &row.branch_id);
    let month = fields.day("month", &row.month);
    let mut lines = Vec::with_capacity(row.lines.len());
    for (at, one) in row.lines.iter().enumerate() {
        lines.extend(line(at, one, &mut fields));
    }
    let read = (|| {
        Some(Sheet {
            line: row.line,
            branch: branch?,
            month: month?,
            quarterly: row.quarterly,
            lines,
        })
    })();
    fields.build(read)
}

fn line(at: usize, row: &DuesLine, fields: &mut Fields) -> Option<(PersonId, Line)> {
    let person = fields.parse(&format!("lines[{at}].person_id"), &row.person_id);
    let class = fields.known(&format!("lines[{at}].class"), Class::of_number(row.class));
    let paid_on = fields.optional_day(&format!("lines[{at}].paid_on"), &row.paid_on);
    let line = Line {
        class: class?,
        base: Fen(row.base_fen),
        due: Fen(row.due_fen),
        paid: Fen(row.paid_fen),
        paid_on,
        relieved: row.relieved,
    };
    Some((person?, line))
}

/// A step of an import, read.
pub struct StepRow {
    /// Line of the file.
    pub line: u32,
    /// Its id in the system it comes from.
    pub key: Key,
    /// The step.
    pub step: Step,
}

/// Reads a step whose field rules hold.
pub fn step(row: &DevelopmentStepRow) -> Result<StepRow, Refusal> {
    let mut fields = Fields::new();
    let elsewhere = row
        .external_id
        .as_ref()
        .map(|id| (id.system.clone(), id.value.clone()));
    let key = fields.known("external_id", elsewhere);
    let branch = fields.parse("branch_id", &row.branch_id);
    let since_on = fields.day("since_on", &row.since_on);
    let due_on = fields.day("due_on", &row.due_on);
    let done_on = fields.optional_day("done_on", &row.done_on);
    let read = (|| {
        let step = Step {
            branch: branch?,
            step: row.step.clone(),
            rule_version: row.rule_version.clone(),
            case: row.case_id.clone(),
            since_on: since_on?,
            due_on: due_on?,
            done_on,
        };
        Some(StepRow {
            line: row.line,
            key: key?,
            step,
        })
    })();
    fields.build(read)
}

/// An entry of the training ledger, read.
pub struct HoursRow {
    /// Line of the file.
    pub line: u32,
    /// Whose hours.
    pub person: PersonId,
    /// Names the session.
    pub name: String,
    /// The session.
    pub session: Session,
}

/// Reads an entry whose field rules hold; hours are those of a session that has been held.
pub fn hours(row: &TrainingHoursRow, today: Day) -> Result<HoursRow, Refusal> {
    let mut fields = Fields::new();
    let person = fields.parse("person_id", &row.person_id);
    let on = fields.day("on", &row.on);
    if on.is_some_and(|on| on > today) {
        wrong(&mut fields, "on", MemberError::DayInFuture);
    }
    let read = (|| {
        let session = Session {
            on: on?,
            quarter_hours: row.quarter_hours,
            central: row.central,
        };
        Some(HoursRow {
            line: row.line,
            person: person?,
            name: row.session.clone(),
            session,
        })
    })();
    fields.build(read)
}
