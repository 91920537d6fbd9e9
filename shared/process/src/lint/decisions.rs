//! A vote can fail, and the engine decides nothing (process.md part 5, 9).

use kernel::Role;

use super::Here;
use crate::definition::{
    schema::{Argument, End, Step},
    tables::EvidenceKind,
    words::{Goal, Right},
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    for step in &here.procedure.steps {
        vote(here, step);
        unbound(here, step);
        uncovered(here, step);
        if is_system(&step.who) {
            system(here, step);
        }
    }
    for objection in &here.procedure.objections {
        if is_system(&objection.decider) {
            let path = ["objection", &objection.id, "decider"];
            here.mistake("SYSTEM_DECIDES", &path, "异议由引擎答复，应由人答复");
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
        None => here.mistake("VOTE_CANNOT_FAIL", &path, "请在 to.fail 写明未通过时转到哪里"),
        Some(Goal::State(state)) if Goal::State(state.clone()) == step.to => {
            let what = format!("通过与否都转到 {state}");
            here.mistake("VOTE_CANNOT_FAIL", &path, what);
        }
        Some(_) => {}
    }
}

/// One person's decision, kept from those who prepared it, that judges what they gave, or with which the case is done:
/// it covers what it rests upon (X11), or that could be changed behind its back.
fn uncovered(here: &mut Here<'_, '_>, step: &Step) {
    if step.vote.is_some() || step.apart.is_empty() || !step.binds.is_empty() || is_system(&step.who) {
        return;
    }
    let path = ["step", &step.id, "binds"];
    let procedure = here.procedure;
    for variant in procedure.kinds() {
        let mut prepared = step
            .apart
            .iter()
            .filter_map(|name| procedure.step_of(variant, name));
        let conditions = step.conditions_of(variant).filter(|one| one.sev.is_none());
        let items = conditions.filter_map(|one| match one.arguments.get("item") {
            Some(Argument::Text(item)) => Some(item),
            _ => None,
        });
        let mut items = items.filter(|item| step.evidence_of(variant).all(|own| own != *item));
        let judged = items.find(|item| prepared.any(|one| one.evidence_of(variant).any(|own| own == *item)));
        if let Some(item) = judged {
            let what = format!("判断别人提交的 {item}，却不写明批准它：请写 binds");
            here.mistake("DECISION_BINDS_NOTHING", &path, what);
        }
    }
    let done = |goal: &Goal| match goal {
        Goal::State(to) => procedure
            .state(to)
            .is_some_and(|state| state.end == Some(End::Done)),
        Goal::Same | Goal::Back => false,
    };
    if done(&step.to) {
        let what = "与提交材料的人分开，一办就办结，却不写明批准哪些材料：请写 binds";
        here.mistake("DECISION_BINDS_NOTHING", &path, what);
    }
}

/// A decision that is kept from those who prepared it covers what they prepared, and a meeting that approves votes.
fn unbound(here: &mut Here<'_, '_>, step: &Step) {
    if step.vote.is_some() && !step.apart.is_empty() && step.binds.is_empty() {
        let what = "表决与提交材料的人分开，却不写明批准哪些材料：请写 binds";
        here.mistake("VOTE_BINDS_NOTHING", &["step", &step.id, "binds"], what);
    }
    let evidence = &here.definitions().tables.evidence;
    let is_minutes = |item: &&String| {
        let known = evidence.get(*item);
        known.is_some_and(|one| one.kind == EvidenceKind::Minutes)
    };
    let minutes = step.evidence.iter().find(is_minutes);
    if let Some(minutes) = minutes.filter(|_| step.vote.is_none() && !step.binds.is_empty()) {
        let what = format!("以会议记录 {minutes} 批准材料，却没有表决：请写 vote");
        here.mistake("APPROVED_WITHOUT_VOTE", &["step", &step.id, "vote"], what);
    }
}

fn system(here: &mut Here<'_, '_>, step: &Step) {
    let path = ["step", &step.id, "who"];
    if step.vote.is_some() {
        here.mistake("SYSTEM_DECIDES", &path, "由引擎表决，应由人表决");
    }
    if !step.binds.is_empty() {
        here.mistake("SYSTEM_DECIDES", &path, "由引擎批准材料，应由人批准");
    }
    let proposed = |state: &&str| here.procedure.state(state).is_some_and(|state| state.proposed);
    if let Some(state) = step.states().find(proposed) {
        let what = format!("“拟”状态 {state} 由引擎了结，应由人决定");
        here.mistake("SYSTEM_DECIDES", &path, what);
    }
}
