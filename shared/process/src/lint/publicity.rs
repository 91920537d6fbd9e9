//! What is public can be objected to, shows nothing private (N-26), and an objection is answered in time by
//! somebody separate.

use std::collections::BTreeSet;

use super::{Here, graph::Graph, heights::is_below};
use crate::definition::{
    schema::{Objection, Step, Until},
    words::{Goal, Right},
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for state in &procedure.states {
        let Some(publicity) = &state.publicity else {
            continue;
        };
        let path = ["states", &state.id, "publicity"];
        if !procedure
            .objections
            .iter()
            .any(|objection| objection.covers(&state.id))
        {
            here.mistake("PUBLICITY_WITHOUT_OBJECTION", &path, "公示期间没有人可以提出异议");
        }
        let publishers = || {
            let publishes = |step: &&Step| step.to == Goal::State(state.id.clone());
            procedure
                .steps
                .iter()
                .filter(publishes)
                .flat_map(|step| &step.who)
        };
        let below = |right: &Right| {
            right.0.anchor == publicity.audience.anchor
                && is_below(publicity.audience.relation, right.0.relation)
        };
        if publishers().next().is_some() && publishers().all(below) {
            let what = format!("由上级公示，却只公示到 {}", publicity.audience);
            here.warning("AUDIENCE_BELOW", &path, what);
        }
        let public = &here.definitions().tables.public.fields;
        for field in publicity.fields.iter().filter(|field| !public.contains(field)) {
            let what = format!("公示页面显示 {field}，它不在 [public] 的 fields 之中");
            here.mistake("PRIVATE_FIELD", &path, what);
        }
    }
    for objection in &procedure.objections {
        let id = &objection.id;
        let is_public = |state: &String| {
            procedure
                .state(state)
                .is_none_or(|state| state.publicity.is_some())
        };
        if objection.until == Until::Window
            && let Some(state) = objection.states.iter().find(|state| !is_public(state))
        {
            let what = format!("{state} 没有公示，until = \"window\" 时提不出异议：请写 leaving");
            here.mistake("OBJECTION_WITHOUT_WINDOW", &["objection", id, "until"], what);
        }
        if objection.answer.is_none() {
            let path = ["objection", id, "answer"];
            here.mistake("OBJECTION_WITHOUT_DEADLINE", &path, "异议没有答复期限");
        }
        if objection.decider.is_empty() {
            let path = ["objection", id, "decider"];
            here.mistake("OBJECTION_WITHOUT_DECIDER", &path, "没有人答复异议");
        }
        if objection.apart.is_empty() {
            let path = ["objection", id, "apart"];
            let what = "办理被异议步骤的人可以自己答复";
            here.mistake("OBJECTION_WITHOUT_DECIDER", &path, what);
        }
        for variant in procedure.kinds() {
            decided(here, objection, &Graph::of(procedure, variant));
        }
    }
}

/// Whoever decided, in the office that answers, what a publicity shows does not answer for it himself.
fn decided<'a>(here: &mut Here<'a, '_>, objection: &'a Objection, graph: &Graph<'a>) {
    let procedure = here.procedure;
    let rules = &here.definitions().tables.vote;
    let is_shown = |state: &&String| {
        let known = procedure.state(state);
        known.is_some_and(|state| state.publicity.is_some())
    };
    for state in objection.states.iter().filter(is_shown) {
        for approval in last_approvals(graph, state) {
            let ballot = approval.vote.as_ref().and_then(|ballot| rules.get(&ballot.rule));
            let secret = ballot.is_some_and(|rule| rule.secret);
            let answers = |right: &Right| objection.decider.iter().any(|own| own.0.role == right.0.role);
            let named = objection.apart.is_empty() || objection.apart.contains(&approval.id);
            if !secret && !named && approval.who.iter().any(answers) {
                let what = format!("{state} 所公示的由 {} 决定，办过它的人可以自己答复", approval.id);
                let path = ["objection", &objection.id, "apart"];
                here.mistake("OBJECTION_WITHOUT_DECIDER", &path, what);
            }
        }
    }
}

/// The approvals after which the case comes to a state without another one.
fn last_approvals<'a>(graph: &Graph<'a>, state: &'a str) -> Vec<&'a Step> {
    let mut approvals = Vec::new();
    let (mut seen, mut next) = (BTreeSet::from([state]), vec![state]);
    while let Some(at) = next.pop() {
        for edge in graph.edges.iter().filter(|edge| edge.to == at) {
            let Some(step) = edge.by.done() else { continue };
            if step.vote.is_some() || !step.binds.is_empty() {
                approvals.push(step);
            } else if let Some(from) = edge.from
                && seen.insert(from)
            {
                next.push(from);
            }
        }
    }
    approvals
}
