//! What an approval binds (X11): supplied by somebody else, and not replaced behind its back.

use std::collections::BTreeSet;

use kernel::Role;

use super::{
    Here,
    graph::{Edge, Graph},
    heights::may_be_below,
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
        own_word(here, approval);
    }
    for variant in procedure.kinds() {
        let graph = Graph::of(procedure, variant);
        lower(here, &graph, variant);
        for approval in procedure.steps_of(variant) {
            for item in &approval.binds {
                for supplier in suppliers(procedure, variant, item) {
                    let pair = Pair {
                        approval,
                        supplier,
                        item,
                        variant,
                    };
                    if graph.precedes(supplier, approval.states()) {
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

/// In at least one variant something supplies it in time.
fn never_supplied(here: &mut Here<'_, '_>, approval: &Step, item: &str) {
    let in_time = |variant: Option<&str>| {
        let graph = Graph::of(here.procedure, variant);
        let mut suppliers = suppliers(here.procedure, variant, item);
        suppliers.any(|step| step.id == approval.id || graph.precedes(step, approval.states()))
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
    if apart || secret || again || !may_be_one(approval, supplier) {
        return;
    }
    // What a committee resolved is no one's own document, and another office of whoever recorded it is one more; but an
    // approval that is kept from nobody at all has no second person.
    let recorded = supplier.vote.is_some() && !approval.apart.is_empty();
    if recorded && !is_one_office(approval, supplier) {
        let what = format!(
            "在 {} 记录表决定下 {item} 的人，兼任另一职务时可以批准：请考虑加到 apart",
            supplier.id
        );
        here.warning("RECORDER_APPROVES", &path, what);
    } else {
        let what = format!("在 {} 提交 {item} 的人可以自己批准：请加到 apart", supplier.id);
        here.mistake("SUPPLIER_APPROVES", &path, what);
    }
}

/// Whether the same office takes both steps: the relations of a case may lead to one organization.
fn is_one_office(one: &Step, other: &Step) -> bool {
    let mut rights = one.who.iter();
    rights.any(|a| other.who.iter().any(|b| a.0.role == b.0.role))
}

/// What one person alone brings and approves in one step is at least kept from somebody: without a vote its own
/// document is bound by nobody else.
fn own_word(here: &mut Here<'_, '_>, approval: &Step) {
    let brings = |variant: Option<&str>| {
        let mut items = approval.binds.iter();
        items.any(|item| supplies(approval, variant, item))
    };
    let mut kinds = here.procedure.kinds().into_iter();
    if approval.vote.is_none() && approval.apart.is_empty() && kinds.any(brings) {
        let what = "自己提交的材料自己批准：请在 apart 写明办过哪些步骤的人不得办理";
        here.mistake("SUPPLIER_APPROVES", &["step", &approval.id, "apart"], what);
    }
}

/// Whether one person can take both steps, be it by two roles that he holds. The engine is no person, and the person
/// concerned acts in his own case as himself alone.
fn may_be_one(one: &Step, other: &Step) -> bool {
    let both = |a: Role, b: Role| match (a, b) {
        (Role::System, _) | (_, Role::System) => false,
        (Role::Anyone, _) | (_, Role::Anyone) => true,
        (a, b) => (a == Role::Person) == (b == Role::Person),
    };
    let mut rights = one.who.iter();
    rights.any(|a| other.who.iter().any(|b| both(a.0.role, b.0.role)))
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

/// What was approved above is not approved below once more: whoever comes last has the say. A body that votes decides by
/// its own right, whoever looked at the matter before.
fn lower(here: &mut Here<'_, '_>, graph: &Graph<'_>, variant: Option<&str>) {
    let procedure = here.procedure;
    let approvals = || procedure.steps_of(variant).filter(|step| !step.binds.is_empty());
    for (first, last) in approvals().flat_map(|first| approvals().map(move |last| (first, last))) {
        let shared = first.id != last.id && first.binds.iter().any(|item| binds(last, item));
        let without = graph.entered(|edge| !is_done(edge, first));
        if !shared || last.vote.is_some() || last.states().any(|state| without.contains(state)) {
            continue;
        }
        let below = |right: &&Right| {
            let lower = |above: &Right| {
                above.0.anchor == right.0.anchor && may_be_below(right.0.relation, above.0.relation)
            };
            first.who.iter().all(lower)
        };
        if let Some(right) = last.who.iter().find(below) {
            let what = format!("上级在 {} 批准之后，还可由下级 {right} 决定", first.id);
            here.warning("LOWER_DECIDES", &["step", &last.id, "who"], what);
        }
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
