//! What member tells the others.

use std::collections::BTreeSet;

use kernel::{
    Day, RpcError,
    id::{OrganizationId, RecordId},
};
use proto::member::v1::{Cadre, DevelopmentStep, DuesTotals, Strength as WireStrength, TrainingEntry};
use storage::Tx;

use crate::{
    convert::members,
    domain::{
        person::{Person, Placed},
        strength::{Steps, changed, steps},
    },
    store::{
        dues::Sheet,
        rolls::{self, Telling},
        steps::Kept,
        training::Entry,
    },
};

/// A person is new or has changed, and with him perhaps where he is a leading cadre (S-322).
pub fn person(tx: &Tx, before: Option<&Person>, now: &Person, today: Day) {
    if let (Some(record), Some(stay)) = (members::told(now, today), now.stay_on(today)) {
        tx.event("member.member", now.id.into(), stay.branch, now.version, &record);
    }
    for placed in &now.stays {
        let was = before.and_then(|person| {
            person
                .stays
                .iter()
                .find(|one| one.id == placed.id)
                .map(|one| (person, one))
        });
        let was = was.and_then(|(person, one)| cadre(person, one));
        match cadre(now, placed) {
            is if is == was => {}
            Some(record) => tx.event(
                "member.cadre",
                placed.id.into(),
                placed.stay.branch,
                now.version,
                &record,
            ),
            None => tx.gone("member.cadre", placed.id.into(), placed.stay.branch, now.version),
        }
    }
}

fn cadre(person: &Person, placed: &Placed) -> Option<Cadre> {
    let (from, until) = person.particulars.dates.cadre_in(&placed.stay)?;
    Some(Cadre {
        person_id: person.id.to_string(),
        branch_id: placed.stay.branch.to_string(),
        from: from.to_string(),
        until: until.map(|day| day.to_string()).unwrap_or_default(),
    })
}

/// The members of branches have changed: counts them anew and tells every step that differs. The branches are locked
/// by the caller, so that nobody counts at the same time.
pub async fn strengths(tx: &Tx, branches: &BTreeSet<OrganizationId>) -> Result<(), RpcError> {
    let on_roll = rolls::members(tx, branches.iter().copied(), None).await?;
    let members: Vec<_> = on_roll.iter().map(|one| (one.stay(), one.dates())).collect();
    let told = rolls::told(tx, branches).await?;
    let mut telling = Vec::new();
    for branch in branches {
        let here = members.iter().filter(|(stay, _)| stay.branch == *branch);
        let new = steps(here.map(|(stay, dates)| (stay, dates)));
        let nothing = Steps::new();
        for (from, strength) in changed(told.steps.get(branch).unwrap_or(&nothing), &new) {
            let known = told.records.get(&(*branch, from));
            telling.push(Telling {
                id: known.map_or_else(RecordId::new, |step| step.id),
                version: known.map_or(1, |step| step.version + 1),
                branch: *branch,
                from,
                strength,
            });
        }
    }
    rolls::tell(tx, &telling).await?;
    for one in &telling {
        let record = WireStrength {
            branch_id: one.branch.to_string(),
            from: one.from.to_string(),
            full: one.strength.full,
            probationary: one.strength.probationary,
            exempt: one.strength.exempt,
        };
        tx.event("member.strength", one.id.into(), one.branch, one.version, &record);
    }
    Ok(())
}

/// A dues sheet is new or has changed: its sums, no member's line.
pub fn dues_sheet(tx: &Tx, sheet: &Sheet) {
    let record = DuesTotals {
        id: sheet.id.to_string(),
        branch_id: sheet.branch.to_string(),
        month: sheet.month.to_string(),
        due_fen: sheet.due.0,
        paid_fen: sheet.paid.0,
        tier_version: sheet.tier_version.to_owned(),
    };
    tx.event(
        "member.dues_sheet",
        sheet.id.into(),
        sheet.branch,
        sheet.version,
        &record,
    );
}

/// A step of development is new or has changed.
pub fn development_step(tx: &Tx, kept: &Kept) {
    let step = &kept.step;
    let record = DevelopmentStep {
        id: kept.id.to_string(),
        branch_id: step.branch.to_string(),
        step: step.step.clone(),
        rule_version: step.rule_version.clone(),
        due_on: step.due_on.to_string(),
        done_on: step.done_on.map(|day| day.to_string()).unwrap_or_default(),
        case_id: step.case.clone(),
        since_on: step.since_on.to_string(),
    };
    tx.event(
        "member.development_step",
        kept.id.into(),
        step.branch,
        kept.version,
        &record,
    );
}

/// Hours were entered.
pub fn training(tx: &Tx, entry: &Entry, branch: OrganizationId) {
    let record = TrainingEntry {
        id: entry.id.to_string(),
        person_id: entry.person.to_string(),
        session: entry.name.clone(),
        on: entry.session.on.to_string(),
        quarter_hours: entry.session.quarter_hours,
        central: entry.session.central,
    };
    tx.event("member.training", entry.id.into(), branch, 1, &record);
}
