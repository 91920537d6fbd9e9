//! The versions of a procedure: exactly one in force on every day, and each knows the states of the one before.

use super::{Found, Here};
use crate::definition::Procedure;

pub(super) fn lint(found: &mut Found<'_>) {
    let definitions = found.definitions;
    for procedure in definitions.procedures() {
        let versions = definitions.versions(&procedure.id);
        let mut here = Here { procedure, found };
        if procedure
            .effective_to
            .is_some_and(|to| to <= procedure.effective_from)
        {
            here.mistake("VERSION_GAP", &["effective_to"], "it is in force on no day");
        }
        let earlier = versions.iter().position(|one| std::ptr::eq(*one, procedure));
        match earlier
            .and_then(|at| at.checked_sub(1))
            .and_then(|at| versions.get(at))
        {
            Some(before) => after(&mut here, before),
            None if !procedure.map.is_empty() => {
                here.mistake("UNUSED", &["map"], "no version stands before it");
            }
            None => {}
        }
    }
}

fn after(here: &mut Here<'_, '_>, before: &Procedure) {
    let now = here.procedure;
    let from = now.effective_from;
    match before.effective_to {
        Some(to) if to == from => {}
        Some(to) if to < from => {
            let what = format!("no version is in force from {to} until {from}");
            here.mistake("VERSION_GAP", &["effective_from"], what);
        }
        _ => {
            let what = format!("version {} is still in force on {from}", before.version);
            here.mistake("VERSIONS_OVERLAP", &["effective_from"], what);
        }
    }
    for state in &before.states {
        let to = now.map.get(&state.id).unwrap_or(&state.id);
        if now.state(to).is_none() {
            let what = format!(
                "a case in {} of version {} has no state here",
                state.id, before.version
            );
            here.mistake("STATE_UNMAPPED", &["map"], what);
        }
    }
    for old in now.map.keys().filter(|old| before.state(old).is_none()) {
        let what = format!("version {} has no state {old}", before.version);
        here.mistake("UNUSED", &["map", old], what);
    }
}
