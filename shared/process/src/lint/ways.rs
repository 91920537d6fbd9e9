//! Every state is entered and leads to an end, an end is an end, and a proposed state leaves a choice.

use std::collections::BTreeSet;

use kernel::{Relation, role::Anchor};

use super::{
    Here,
    graph::{By, Graph},
    in_variant,
};
use crate::definition::{
    Procedure,
    schema::{State, Step},
    words::{Goal, Right},
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let mut entered = BTreeSet::new();
    for variant in here.procedure.kinds() {
        let graph = Graph::of(here.procedure, variant);
        let now = graph.entered(|_| true);
        kind(here, &graph, &now, variant);
        for state in here
            .procedure
            .states
            .iter()
            .filter(|state| now.contains(state.id.as_str()))
        {
            dead_end(here, &graph, state, variant);
            choice(here, &graph, state, variant);
        }
        entered.extend(now);
    }
    for state in &here.procedure.states {
        if !entered.contains(state.id.as_str()) {
            here.mistake(
                "UNREACHABLE_STATE",
                &["states", &state.id],
                "没有步骤、表决、期限或异议通到这个状态",
            );
        }
        if state.end.is_some() {
            end(here, state);
        }
    }
    resumed(here);
    for step in here.procedure.steps.iter().filter(|step| step.reopen) {
        reopened(here, step);
    }
}

/// What is over is taken up again for a reason, as an act of its own, and not by whom it is about.
fn reopened(here: &mut Here<'_, '_>, step: &Step) {
    let path = ["step", &step.id, "reopen"];
    if step.evidence.is_empty() {
        here.mistake("END_GOES_ON", &path, "离开终结状态却不要任何材料");
    }
    let runs = |state: &&str| {
        here.procedure
            .state(state)
            .is_some_and(|state| state.end.is_none())
    };
    if let Some(state) = step.states().find(runs) {
        let what = format!("既离开未办结的 {state}，又重启已办结的案件：请分成两步");
        here.mistake("REOPENED_IN_PASSING", &path, what);
    }
    let own = |right: &&Right| {
        right.0.anchor == Anchor::Subject && matches!(right.0.relation, Relation::Own | Relation::SelfPerson)
    };
    if let Some(right) = step.who.iter().find(own) {
        let what = format!("{right} 可以自己重启自己已办结的案件：请由上级重启");
        here.mistake("REOPENED_BY_ITSELF", &path, what);
    }
}

/// A case of the variant can be opened and done, and no step is written for it that it never comes to.
fn kind(here: &mut Here<'_, '_>, graph: &Graph<'_>, entered: &BTreeSet<&str>, variant: Option<&str>) {
    let path: Vec<&str> = variant.map_or_else(|| vec!["states"], |id| vec!["variants", id]);
    if entered.is_empty() {
        let what = format!("没有步骤从 @new 建案{}", in_variant(variant));
        return here.mistake("NEVER_OPENED", &path, what);
    }
    if !graph.ends_well(entered) {
        let what = format!(
            "没有一件案子能办成{}：到不了 end = \"done\" 的状态",
            in_variant(variant)
        );
        here.mistake("NEVER_DONE", &path, what);
    }
    let procedure = here.procedure;
    let written_for = procedure
        .steps_of(variant)
        .filter(|step| !step.variants.is_empty());
    for step in written_for.filter(|step| !step.opens()) {
        if !step.states().any(|state| entered.contains(state)) {
            let what = format!("没有步骤通到它所离开的状态{}", in_variant(variant));
            here.mistake("UNREACHABLE_STATE", &["step", &step.id, "from"], what);
        }
    }
}

fn dead_end(here: &mut Here<'_, '_>, graph: &Graph<'_>, state: &State, variant: Option<&str>) {
    let is_end = |id: &&str| here.procedure.state(id).is_some_and(|state| state.end.is_some());
    let reached = graph.from([state.id.as_str()], |_| true);
    if !reached.iter().any(is_end) && !goes_back(here.procedure, state, variant) {
        let what = format!("从这里到不了终结状态{}", in_variant(variant));
        here.mistake("DEAD_END", &["states", &state.id], what);
    }
}

fn goes_back(procedure: &Procedure, state: &State, variant: Option<&str>) -> bool {
    let mut steps = procedure.steps_of(variant);
    steps.any(|step| step.to == Goal::Back && step.leaves(&state.id))
}

/// `@back` resumes what was stopped, and nothing else.
fn resumed(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for step in &procedure.steps {
        let otherwise = step.vote.iter().flat_map(|vote| [&vote.to.fail, &vote.to.tie]);
        let back = std::iter::once(Some(&step.to)).chain(otherwise.map(Option::as_ref));
        let runs = |state: &&str| procedure.state(state).is_some_and(|state| !state.stopped);
        if back.flatten().any(|goal| *goal == Goal::Back)
            && let Some(state) = step.states().find(runs)
        {
            let what = format!("{state} 没有中止（stopped），@back 无从恢复");
            here.mistake("BACK_WITHOUT_STOP", &["step", &step.id, "to"], what);
        }
    }
}

/// A person decides what a clock proposed: there are at least two states to go to.
fn choice(here: &mut Here<'_, '_>, graph: &Graph<'_>, state: &State, variant: Option<&str>) {
    let ways = graph
        .edges
        .iter()
        .filter(|edge| edge.from == Some(&state.id) && edge.to != state.id && matches!(edge.by, By::Step(_)));
    let goals: BTreeSet<&str> = ways.map(|edge| edge.to).collect();
    let ways = goals.len() + usize::from(goes_back(here.procedure, state, variant));
    if state.proposed && ways < 2 {
        let what = format!(
            "“拟”状态只有 {ways} 个去向{}，人没有可决定的",
            in_variant(variant)
        );
        here.mistake("PROPOSED_WITHOUT_CHOICE", &["states", &state.id], what);
    }
}

fn end(here: &mut Here<'_, '_>, state: &State) {
    let procedure = here.procedure;
    if state.proposed || state.stopped || state.publicity.is_some() || state.open_ended.is_some() {
        let what = "终结状态不能同时是“拟”、中止、公示或无期限状态";
        here.mistake("END_GOES_ON", &["states", &state.id], what);
    }
    for step in &procedure.steps {
        if step.leaves(&state.id) && !step.reopen {
            let what = format!("离开终结状态 {} 却没有写 reopen", state.id);
            here.mistake("END_GOES_ON", &["step", &step.id, "from"], what);
        }
        if step.due.iter().any(|due| due.states.contains(&state.id)) {
            let what = format!("终结状态 {} 中有期限在走", state.id);
            here.mistake("END_GOES_ON", &["step", &step.id, "due"], what);
        }
    }
    for objection in procedure.objections.iter().filter(|one| one.covers(&state.id)) {
        let what = format!("可以在终结状态 {} 中提出", state.id);
        here.mistake("END_GOES_ON", &["objection", &objection.id, "in"], what);
    }
}
