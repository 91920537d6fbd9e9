//! Edits and corrections: an approval binds (X11), and a closed case takes only an `adjust` entry
//! (process.md part 5, 3 and 7).

use std::collections::BTreeSet;

use kernel::{Role, day::Day};

use super::{
    case::Case,
    circumstances::Circumstances,
    entry::{Entry, Held, What},
    event::{Actor, Refused},
    right::standing,
    step::approvals,
    value::Value,
};
use crate::definition::{
    Procedure, hex,
    schema::Step,
    words::{Goal, Right},
};

/// Changes an evidence: whoever may supply it may. The earliest approval that binds this content and all
/// later ones are void, and the case goes back to where that approval was given.
pub(super) fn edit(
    c: &Circumstances<'_>,
    case: &Case,
    procedure: &Procedure,
    (on, by): (Day, &Actor),
    item: &str,
    value: &Value,
) -> Result<Entry, Refused> {
    let content = case
        .content(item)
        .ok_or_else(|| Refused::new("CONTENT_UNKNOWN").about(item))?;
    let who: &[Right] = procedure.step(&content.step).map_or(&[], |step| &step.who);
    // A fact that is computed again counts as an edit, and nobody but the engine brings it.
    let held = if by.system {
        Held {
            role: Role::System,
            organization: None,
        }
    } else {
        standing(c, case, who, by).held()?
    };
    if !c
        .definitions
        .tables
        .evidence
        .get(item)
        .is_some_and(|evidence| value.fits(evidence.kind))
    {
        return Err(Refused::new("EVIDENCE_TYPE").about(item));
    }
    let what = What::Edit {
        item: item.to_owned(),
        value: value.clone(),
    };
    let mut entry = stay(case, procedure, on, by, held, what)?;
    let binding = case.entries().iter().find(|one| {
        one.seq >= content.supplied
            && one.approves()
            && !case.is_void(one.seq)
            && matches!(&one.what, What::Step { binds, .. } if binds.contains_key(item))
    });
    if let Some(first) = binding.filter(|_| content.value != *value) {
        let before = usize::try_from(first.seq)
            .ok()
            .and_then(|seq| case.entries().get(seq.checked_sub(1)?));
        if let Some(before) = before {
            entry.state =
                c.definitions
                    .mapped(&procedure.id, &before.state, &before.version, &procedure.version);
            entry.since = before.since;
        }
        entry.voided = approvals(case, first.seq);
    }
    Ok(entry)
}

/// SM3, in hex, over what a step binds as it lies in the case: a line `item hash` for each item that the case holds,
/// in the order of their names. What comes with the step itself is not in it: nobody saw that in the case.
#[must_use]
pub fn bound(case: &Case, step: &Step) -> String {
    let items: BTreeSet<&String> = step.binds.iter().collect();
    let held = items
        .into_iter()
        .filter_map(|item| Some((item, case.content(item)?)));
    let lines: String = held
        .map(|(item, content)| format!("{item} {}\n", content.value.hash()))
        .collect();
    hex(&seal::sm3(lines.as_bytes()))
}

/// Corrects a closed case by an entry: whoever may close it so may.
pub(super) fn adjust(
    c: &Circumstances<'_>,
    case: &Case,
    procedure: &Procedure,
    (on, by): (Day, &Actor),
    note: &str,
) -> Result<Entry, Refused> {
    let state = case.state().unwrap_or_default();
    let held = standing(c, case, &closers(procedure, case.variant(), state), by).held()?;
    let emits = vec![format!("{}.case.adjusted", procedure.owner)];
    stay(
        case,
        procedure,
        on,
        by,
        held,
        What::Adjust {
            note: note.to_owned(),
            emits,
        },
    )
}

/// Everyone who may bring the case to this end: by a step, by a vote that fails, by upholding an objection.
fn closers(procedure: &Procedure, variant: Option<&str>, end: &str) -> Vec<Right> {
    let leads = |goal: Option<&Goal>| matches!(goal, Some(Goal::State(state)) if state == end);
    let ends = |step: &&Step| {
        let vote = step.vote.as_ref().map(|ballot| &ballot.to);
        leads(Some(&step.to)) || vote.is_some_and(|to| leads(to.fail.as_ref()) || leads(to.tie.as_ref()))
    };
    let steps = procedure
        .steps_of(variant)
        .filter(ends)
        .flat_map(|step| &step.who);
    let upheld = procedure
        .objections
        .iter()
        .filter(|o| o.upheld_to == end)
        .flat_map(|o| &o.decider);
    steps.chain(upheld).copied().collect()
}

/// An entry that leaves the case where it is.
pub(super) fn stay(
    case: &Case,
    procedure: &Procedure,
    on: Day,
    by: &Actor,
    held: Held,
    what: What,
) -> Result<Entry, Refused> {
    let last = case
        .entries()
        .last()
        .ok_or_else(|| Refused::new("STEP_NOT_LEGAL"))?;
    Ok(Entry {
        seq: last.seq + 1,
        revision: last.revision + 1,
        on,
        person: by.person,
        right: Some(held),
        version: procedure.version.clone(),
        state: last.state.clone(),
        since: last.since,
        organization: last.organization,
        voided: Vec::new(),
        request: None,
        what,
    })
}
