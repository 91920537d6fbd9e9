//! Where somebody must act a clock runs, and a clock that runs out proposes and decides nothing.

use super::{Here, graph::Graph, in_variant};
use crate::definition::{
    schema::{Late, State, Step},
    words::Start,
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    for variant in here.procedure.kinds() {
        let entered = Graph::of(here.procedure, variant).entered(|_| true);
        for state in &here.procedure.states {
            let waits = state.end.is_none() && state.open_ended.is_none();
            if waits && entered.contains(state.id.as_str()) && !is_timed(here, state, variant) {
                let what = format!(
                    "这里有人该办事{}，却没有期限：请写期限，或在 open_ended 写明缘由",
                    in_variant(variant)
                );
                here.mistake("UNTIMED_STATE", &["states", &state.id], what);
            }
        }
    }
    for state in &here.procedure.states {
        if state
            .open_ended
            .as_deref()
            .is_some_and(|why| why.trim().is_empty())
        {
            let path = ["states", &state.id, "open_ended"];
            here.mistake("OPEN_ENDED_WITHOUT_REASON", &path, "请写明为什么没有期限");
        }
    }
    for step in &here.procedure.steps {
        for late in step.due.iter().filter_map(|due| due.late.as_ref()) {
            moves(here, &["step", &step.id, "due"], late);
        }
    }
    for objection in &here.procedure.objections {
        let late = objection.answer.as_ref().and_then(|answer| answer.late.as_ref());
        if let Some(late) = late {
            moves(here, &["objection", &objection.id, "answer"], late);
        }
    }
}

/// A deadline runs in the state that can have begun in the variant.
fn is_timed(here: &Here<'_, '_>, state: &State, variant: Option<&str>) -> bool {
    let begins = |start: &Start| match start {
        Start::Step(step) => here.procedure.step_of(variant, step).is_some(),
        Start::Enter | Start::Earliest | Start::Fact(_) => true,
    };
    let times = |step: &Step| {
        let mut here = step
            .due
            .iter()
            .filter(|due| due.runs_in(step).contains(&state.id));
        here.any(|due| due.from.iter().any(begins))
    };
    here.procedure.steps_of(variant).any(times)
}

fn moves(here: &mut Here<'_, '_>, path: &[&str], late: &Late) {
    let Some(to) = &late.moves_to else { return };
    if here.procedure.state(to).is_some_and(|state| !state.proposed) {
        let what = format!("过期转入 {to}，它不是“拟”状态（proposed）");
        here.mistake("LATE_MOVE_DECIDES", path, what);
    }
}
