//! Whose turn it may be: for each role that somebody holds the part of the tree in which it may act, and the states
//! of the procedures in which it may. It limits what is read; the engine says what waits for whom.

use std::collections::{BTreeMap, BTreeSet};

use access::{Caller, Grant, Node, Range, Ranges, Scopes};
use kernel::{Day, Level, Relation, Role, Who, id::PersonId, role::Anchor};

use crate::definition::{Definitions, Procedure, words::Right};

/// From where somebody reaches a case in which he may act.
#[derive(Debug, Clone)]
pub(super) enum Seat {
    /// The case's own organization lies in these ranges.
    Own(Ranges),
    /// Its target or one of its sides does.
    Party(Ranges),
    /// The case is about him.
    Concerned(PersonId),
}

/// Where it may be somebody's turn.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) seat: Seat,
    /// States of each procedure in which something may wait for him.
    pub(super) states: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

/// Every turn of the caller on a day in some procedures.
pub(super) fn of(
    definitions: &'static Definitions,
    procedures: &[&str],
    scopes: &Scopes,
    (caller, on): (&Caller, Day),
) -> Vec<Turn> {
    let kept = kept(definitions, procedures);
    let mut turns: Vec<Turn> = caller
        .grants_on(on)
        .filter_map(|grant| Some((grant, scopes.get(grant.organization)?)))
        .flat_map(|(grant, node)| at(&kept, grant, &node))
        .collect();
    turns.extend(caller.subject.parse().ok().map(|person| Turn {
        seat: Seat::Concerned(person),
        states: states(&kept, |who| who.role == Role::Person),
    }));
    turns.retain(|turn| !turn.states.is_empty());
    turns
}

/// The turn of anybody, in cases whose own organization lies in the ranges.
pub(super) fn anybodys(definitions: &'static Definitions, procedures: &[&str], below: Ranges) -> Turn {
    let kept = kept(definitions, procedures);
    Turn {
        seat: Seat::Own(below),
        states: states(&kept, |_| true),
    }
}

fn kept(definitions: &'static Definitions, procedures: &[&str]) -> Vec<&'static Procedure> {
    let all = definitions.procedures();
    all.filter(|procedure| procedures.contains(&procedure.id.as_str()))
        .collect()
}

/// What a role gives at an organization: itself, what lies below it, and the same from the places that a case names.
fn at(kept: &[&'static Procedure], grant: &Grant, node: &Node) -> [Turn; 4] {
    let holds = |who: &Who, own: bool, party: bool| {
        who.role == grant.role
            && (who.anchor != Anchor::Subject) == party
            && (who.relation == Relation::Own) == own
            && fits(who.relation, node)
    };
    let turn = |seat: Seat, own: bool, party: bool| Turn {
        seat,
        states: states(kept, |who| holds(who, own, party)),
    };
    let only = || Ranges::of([Range::only(&node.path)]);
    let below = || Ranges::of([Range::below(&node.path)]);
    [
        turn(Seat::Own(only()), true, false),
        turn(Seat::Own(below()), false, false),
        turn(Seat::Party(only()), true, true),
        turn(Seat::Party(below()), false, true),
    ]
}

/// Whether an organization can stand in the relation to anything below it.
fn fits(relation: Relation, node: &Node) -> bool {
    match relation {
        Relation::County => node.level == Some(Level::County),
        Relation::City => node.level == Some(Level::City),
        Relation::Province => node.level == Some(Level::Province),
        _ => true,
    }
}

/// The states, of every version, in which a right like this may act: by a step, or by the answer to an objection,
/// which can wait in any state.
fn states(
    kept: &[&'static Procedure],
    may: impl Fn(&Who) -> bool,
) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let any = |rights: &[Right]| rights.iter().any(|right| may(&right.0));
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for procedure in kept {
        let answers = procedure
            .objections
            .iter()
            .any(|objection| any(&objection.decider));
        let open = procedure
            .states
            .iter()
            .filter(|state| state.end.is_none() && answers);
        let steps = procedure.steps.iter().filter(|step| any(&step.who));
        let found: BTreeSet<&str> = open
            .map(|state| state.id.as_str())
            .chain(steps.flat_map(|step| step.states()))
            .collect();
        if !found.is_empty() {
            all.entry(&procedure.id).or_default().extend(found);
        }
    }
    all
}
