//! Members and what is owed and done for each of them: dues, hours, steps of development.

use kernel::{Day, day::month_end};
use proto::member::v1::{
    DevelopmentStepRow, DuesClass, DuesLine, DuesSheetRow, MemberRow, Standing, TrainingHoursRow,
};

use super::{Sight, external, known, line, text};
use crate::county::{
    hours::{DuesRow, DuesSheet, TrainingKind},
    people::{DuesBase, Sex},
};

/// The version of the rules of development that was in force in the year.
const RULES: &str = "2014";

/// Members as they stand today; sent again when one turns full, is exempted, or goes away.
#[must_use]
pub fn members(sight: &Sight<'_>) -> Vec<(usize, MemberRow)> {
    sight.changed(sight.county.memberships.len(), |at, on| member(sight, at, on))
}

fn member(sight: &Sight<'_>, at: usize, on: Day) -> Option<(usize, MemberRow)> {
    let membership = &sight.county.memberships[at];
    let person = &sight.county.persons[membership.person as usize];
    let full = membership.full_on.is_some_and(|day| day <= on);
    let leading_since = membership.leading_cadre_since.filter(|day| *day <= on);
    (membership.from <= on).then(|| {
        let row = MemberRow {
            line: line(at),
            external_id: external(&person.external_id),
            name: person.name.clone(),
            identity_number: person.identity_number.clone(),
            phone: person.phone.clone().unwrap_or_default(),
            sex: if person.sex == Sex::Male { 1 } else { 2 },
            ethnic_group: format!("{:02}", person.ethnic),
            education: person
                .education
                .map(|code| format!("{code:02}"))
                .unwrap_or_default(),
            standing: if full {
                Standing::Full
            } else {
                Standing::Probationary
            }
            .into(),
            joined_on: text(membership.joined),
            full_on: known(membership.full_on, on),
            branch_id: sight.known.organization(membership.branch),
            branch_since: text(membership.from),
            branch_until: String::new(),
            exempt_from: known(membership.exempt.map(|exempt| exempt.from), on),
            exempt_until: String::new(),
            leading_cadre: leading_since.is_some(),
            mobile: membership.away_since.is_some_and(|day| day <= on),
            occupation: person.occupation.unwrap_or_default().into(),
            leading_cadre_from: leading_since.map(text).unwrap_or_default(),
            leading_cadre_until: String::new(),
        };
        (membership.branch, row)
    })
}

/// Dues sheets, each sent once: when its month is over and its last payment is in. At the last stage later
/// payments are still open.
#[must_use]
pub fn dues(sight: &Sight<'_>) -> Vec<(usize, DuesSheetRow)> {
    let sheets = sight.county.dues_sheets.iter().enumerate();
    let due = sheets.filter(|(_, sheet)| sight.now(complete_on(sight.county.year, sheet)));
    due.map(|(at, sheet)| (sheet.branch, dues_sheet(sight, at, sheet)))
        .collect()
}

fn complete_on(year: i32, sheet: &DuesSheet) -> Day {
    let over = month_end(first_of(year, sheet.month));
    sheet
        .rows
        .iter()
        .filter_map(|row| row.paid_on)
        .fold(over, Day::max)
}

fn first_of(year: i32, month: u32) -> Day {
    Day::from_ymd_opt(year, month, 1).unwrap_or_else(|| unreachable!("months are 1 to 12"))
}

fn dues_sheet(sight: &Sight<'_>, at: usize, sheet: &DuesSheet) -> DuesSheetRow {
    DuesSheetRow {
        line: line(at),
        branch_id: sight.known.organization(sheet.branch),
        month: text(first_of(sight.county.year, sheet.month)),
        lines: sheet.rows.iter().map(|row| dues_line(sight, row)).collect(),
        quarterly: sheet.quarterly,
    }
}

fn dues_line(sight: &Sight<'_>, row: &DuesRow) -> DuesLine {
    let paid_on = sight.past(row.paid_on);
    let (class, base) = match sight.county.memberships[row.person as usize].dues {
        DuesBase::Wage(base) => (DuesClass::Wage, base),
        DuesBase::Pension(base) => (DuesClass::Pension, base),
        DuesBase::Farmer(fixed) => (DuesClass::Farmer, fixed),
    };
    DuesLine {
        person_id: sight.known.person(row.person),
        class: class.into(),
        base_fen: base.0,
        due_fen: row.due.0,
        paid_fen: if paid_on.is_empty() { 0 } else { row.paid.0 },
        paid_on,
        relieved: row.relieved,
    }
}

/// Entries of the training ledger of the sessions that have been held since the last stage.
#[must_use]
pub fn hours(sight: &Sight<'_>) -> Vec<(usize, TrainingHoursRow)> {
    let mut rows = Vec::new();
    let sessions = sight.county.training_sessions.iter().enumerate();
    for (at, session) in sessions.filter(|(_, session)| sight.now(session.held_on)) {
        for person in &session.attendees {
            let row = TrainingHoursRow {
                line: line(rows.len()),
                person_id: sight.known.person(*person),
                session: session_id(&sight.county.code, at),
                on: text(session.held_on),
                quarter_hours: session.quarter_hours.into(),
                central: session.kind != TrainingKind::Branch,
            };
            rows.push((session.organization, row));
        }
    }
    rows
}

/// Names a training session: the same in the ledger of hours and among the records of the branch.
#[must_use]
pub fn session_id(code: &str, at: usize) -> String {
    format!("{code}-t{at:06}")
}

/// Steps of development that are done, or that have fallen due; what is open at the last stage too.
#[must_use]
pub fn development(sight: &Sight<'_>) -> Vec<(usize, DevelopmentStepRow)> {
    let cases = sight.county.development_cases.iter();
    let steps = cases.flat_map(|case| {
        case.steps
            .iter()
            .enumerate()
            .map(move |(nth, step)| (case, nth, step))
    });
    let all = steps.enumerate();
    all.filter(|(_, (_, _, step))| sight.now(step.done_on.unwrap_or(step.due)))
        .map(|(at, (case, nth, step))| {
            let row = DevelopmentStepRow {
                line: line(at),
                external_id: external(format!("{}-{nth}", case.external_id)),
                branch_id: sight.known.organization(case.branch),
                step: step.kind.code().into(),
                rule_version: RULES.into(),
                due_on: text(step.due),
                done_on: sight.past(step.done_on),
                case_id: case.external_id.clone(),
                since_on: text(step.since),
            };
            (case.branch, row)
        })
        .collect()
}
