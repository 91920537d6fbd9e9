//! A vote can fail, and the engine decides nothing (process.md part 5, 9).

use kernel::Role;

use super::Here;
use crate::definition::{
    schema::Step,
    words::{Goal, Right},
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    for step in &here.procedure.steps {
        vote(here, step);
        if is_system(&step.who) {
            system(here, step);
        }
    }
    for objection in &here.procedure.objections {
        if is_system(&objection.decider) {
            let path = ["objection", &objection.id, "decider"];
            here.mistake("SYSTEM_DECIDES", &path, "the engine answers an objection");
        }
    }
}

fn is_system(who: &[Right]) -> bool {
    who.iter().any(|right| right.0.role == Role::System)
}

fn vote(here: &mut Here<'_, '_>, step: &Step) {
    let Some(ballot) = &step.vote else { return };
    let path = ["step", &step.id, "vote"];
    match &ballot.to.fail {
        None => here.mistake(
            "VOTE_CANNOT_FAIL",
            &path,
            "say in to.fail where the case goes otherwise",
        ),
        Some(Goal::State(state)) if Goal::State(state.clone()) == step.to => {
            let what = format!("carried or not, the case goes to {state}");
            here.mistake("VOTE_CANNOT_FAIL", &path, what);
        }
        Some(_) => {}
    }
}

fn system(here: &mut Here<'_, '_>, step: &Step) {
    let path = ["step", &step.id, "who"];
    if step.vote.is_some() {
        here.mistake("SYSTEM_DECIDES", &path, "the engine holds a vote");
    }
    if !step.binds.is_empty() {
        here.mistake("SYSTEM_DECIDES", &path, "the engine approves what the step binds");
    }
    let proposed = |state: &&str| here.procedure.state(state).is_some_and(|state| state.proposed);
    if let Some(state) = step.states().find(proposed) {
        let what = format!("the engine leaves {state}, which a person must decide");
        here.mistake("SYSTEM_DECIDES", &path, what);
    }
}
