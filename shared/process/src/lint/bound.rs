//! What an approval binds (X11): supplied by somebody else, and not replaced behind its back.

use std::collections::BTreeSet;

use kernel::Role;

use super::{
    Here,
    graph::{Edge, Graph},
};
use crate::definition::{
    Procedure,
    schema::Step,
    words::{Goal, Right},
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for approval in &procedure.steps {
        for item in &approval.binds {
            never_supplied(here, approval, item);
        }
    }
    for variant in procedure.kinds() {
        let graph = Graph::of(procedure, variant);
        for approval in procedure.steps_of(variant) {
            for item in &approval.binds {
                for supplier in suppliers(procedure, variant, item) {
                    let pair = Pair {
                        approval,
                        supplier,
                        item,
                        variant,
                    };
                    if comes_before(&graph, supplier, approval) {
                        two_people(here, &pair);
                    }
                    replaced(here, &graph, &pair);
                }
            }
        }
    }
}

/// An approval, and a step that supplies what it binds.
struct Pair<'a> {
    approval: &'a Step,
    supplier: &'a Step,
    item: &'a str,
    variant: Option<&'a str>,
}

fn suppliers<'a>(
    procedure: &'a Procedure,
    variant: Option<&'a str>,
    item: &'a str,
) -> impl Iterator<Item = &'a Step> {
    procedure
        .steps_of(variant)
        .filter(move |step| supplies(step, variant, item))
}

fn supplies(step: &Step, variant: Option<&str>, item: &str) -> bool {
    step.evidence_of(variant).any(|own| own == item)
}

/// Whether the approval can be given after the step was taken.
fn comes_before(graph: &Graph<'_>, step: &Step, approval: &Step) -> bool {
    let goals = graph.edges.iter().filter(|edge| taken(edge, step));
    let after = graph.from(goals.map(|edge| edge.to), |_| true);
    approval.states().any(|state| after.contains(state))
}

/// In at least one variant something supplies it in time.
fn never_supplied(here: &mut Here<'_, '_>, approval: &Step, item: &str) {
    let in_time = |variant: Option<&str>| {
        let graph = Graph::of(here.procedure, variant);
        let mut suppliers = suppliers(here.procedure, variant, item);
        suppliers.any(|step| step.id == approval.id || comes_before(&graph, step, approval))
    };
    let mut kinds = here.procedure.kinds().into_iter();
    if !kinds.any(|variant| approval.exists_in(variant) && in_time(variant)) {
        let what = format!("批准所依据的 {item} 在此之前没有步骤提交");
        here.mistake("BOUND_NEVER_SUPPLIED", &["step", &approval.id, "binds"], what);
    }
}

/// Whoever supplied it does not approve it. A document that the approval itself brings is its own; a secret ballot
/// is nobody's own approval; what a committee resolved it may resolve again.
fn two_people(here: &mut Here<'_, '_>, pair: &Pair<'_>) {
    let Pair {
        approval,
        supplier,
        item,
        variant,
    } = *pair;
    if supplies(approval, variant, item) {
        return;
    }
    let rights: BTreeSet<String> = approval
        .who
        .iter()
        .chain(&supplier.who)
        .map(Right::to_string)
        .collect();
    let apart = approval.apart.contains(&supplier.id);
    let path = ["step", &approval.id, "apart"];
    if apart && rights.len() == 1 {
        let what = format!(
            "{} 提交 {item}，要由另一人批准，但两步都是 {}",
            supplier.id,
            rights.into_iter().collect::<String>()
        );
        here.mistake("ONE_POST", &path, what);
    }
    let rules = &here.definitions().tables.vote;
    let secret = approval
        .vote
        .as_ref()
        .and_then(|ballot| rules.get(&ballot.rule))
        .is_some_and(|rule| rule.secret);
    let again = approval.vote.is_some() && supplier.vote.is_some() && binds(supplier, item);
    if !apart && !secret && !again && shares_a_role(approval, supplier) {
        let what = format!("在 {} 提交 {item} 的人可以自己批准：请加到 apart", supplier.id);
        here.mistake("SUPPLIER_APPROVES", &path, what);
    }
}

/// The person concerned acts in his own case as himself alone, and the engine is no person.
fn shares_a_role(one: &Step, other: &Step) -> bool {
    let roles = |step: &Step| -> BTreeSet<Role> { step.who.iter().map(|right| right.0.role).collect() };
    roles(one)
        .intersection(&roles(other))
        .any(|role| *role != Role::System)
}

/// Nothing that brings other contents is taken past the approval, unless it is given again before the end.
fn replaced(here: &mut Here<'_, '_>, graph: &Graph<'_>, pair: &Pair<'_>) {
    let Pair {
        approval,
        supplier,
        item,
        ..
    } = *pair;
    let without = |edge: &Edge<'_>| !is_done(edge, approval) && !edge.by.reopens();
    let before = graph.entered(without);
    let after = graph.entered(|edge| !edge.by.reopens());
    let past = supplier.states().filter(|state| {
        let stays = approval.to == Goal::Same && approval.leaves(state) && supplier.id != approval.id;
        after.contains(state) && (stays || !before.contains(state))
    });
    let past: BTreeSet<&str> = past.collect();
    // What binds what it brings covers it, unless its vote fails.
    let covered = |edge: &Edge<'_>| binds(supplier, item) && is_done(edge, supplier);
    let ways = graph.edges.iter().filter(|edge| {
        edge.from.is_some_and(|from| past.contains(from)) && taken(edge, supplier) && !covered(edge)
    });
    let later = graph.from(ways.map(|edge| edge.to), |edge| without(edge) && !covered(edge));
    if graph.ends_well(&later) {
        let what = format!("在 {} 批准之后换了 {item}，却不再批准一次", approval.id);
        here.mistake("BOUND_REPLACED", &["step", &supplier.id, "evidence"], what);
    }
}

fn binds(step: &Step, item: &str) -> bool {
    step.binds.iter().any(|own| own == item)
}

fn is_done(edge: &Edge<'_>, step: &Step) -> bool {
    edge.by.done().is_some_and(|own| own.id == step.id)
}

fn taken(edge: &Edge<'_>, step: &Step) -> bool {
    edge.by.step().is_some_and(|own| own.id == step.id)
}
