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
            here.mistake("VERSION_GAP", &["effective_to"], "没有一天有效");
        }
        let earlier = versions.iter().position(|one| std::ptr::eq(*one, procedure));
        match earlier
            .and_then(|at| at.checked_sub(1))
            .and_then(|at| versions.get(at))
        {
            Some(before) => after(&mut here, before),
            None if !procedure.map.is_empty() => {
                here.mistake("UNUSED", &["map"], "它之前没有别的版本");
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
            let what = format!("{to} 起至 {from} 前没有有效的版本");
            here.mistake("VERSION_GAP", &["effective_from"], what);
        }
        _ => {
            let what = format!("版本 {} 在 {from} 仍然有效", before.version);
            here.mistake("VERSIONS_OVERLAP", &["effective_from"], what);
        }
    }
    for state in &before.states {
        let to = now.map.get(&state.id).unwrap_or(&state.id);
        if now.state(to).is_none() {
            let what = format!(
                "处于 {}（版本 {}）的案件在这里没有对应的状态",
                state.id, before.version
            );
            here.mistake("STATE_UNMAPPED", &["map"], what);
        }
    }
    for old in now.map.keys().filter(|old| before.state(old).is_none()) {
        let what = format!("版本 {} 没有状态 {old}", before.version);
        here.mistake("UNUSED", &["map", old], what);
    }
}
