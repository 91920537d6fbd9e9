//! The ways between states, those of the same kind from one state to another drawn as one arrow.

use crate::definition::{
    Procedure,
    schema::Step,
    words::{Goal, Source},
};

/// Why a case goes this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A step.
    Step,
    /// A vote that failed or tied, a refusal, a return.
    Otherwise,
    /// A deadline that was missed.
    Clock,
    /// An objection that was upheld.
    Objection,
}

/// One arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way<'a> {
    /// From where; nowhere when the case is opened.
    pub(super) from: Option<&'a str>,
    /// Where it leads.
    pub(super) to: &'a str,
    /// Why.
    pub(super) kind: Kind,
    /// The steps, by number and id.
    pub(super) steps: Vec<(usize, &'a str)>,
}

/// All arrows of a variant, in the order of the file.
pub(super) fn of<'a>(procedure: &'a Procedure, variant: Option<&'a str>) -> Vec<Way<'a>> {
    let mut all: Vec<Way<'a>> = Vec::new();
    let mut add = |from, to, kind, step: Option<(usize, &'a str)>| {
        let known = all
            .iter_mut()
            .find(|way| way.from == from && way.to == to && way.kind == kind);
        match known {
            Some(way) => way.steps.extend(step.filter(|step| !way.steps.contains(step))),
            None => all.push(Way {
                from,
                to,
                kind,
                steps: step.into_iter().collect(),
            }),
        }
    };
    for (at, step) in procedure.steps_of(variant).enumerate() {
        let number = Some((at + 1, step.id.as_str()));
        for source in &step.from {
            let from = match source {
                Source::New => None,
                Source::State(state) => Some(state.as_str()),
            };
            if let Goal::State(to) = &step.to {
                let kind = if fails(procedure, to) {
                    Kind::Otherwise
                } else {
                    Kind::Step
                };
                add(from, to, kind, number);
            }
            for goal in otherwise(step) {
                if let Goal::State(to) = goal {
                    add(from, to, Kind::Otherwise, number);
                }
            }
        }
        for due in &step.due {
            if let Some(to) = due.late.as_ref().and_then(|late| late.moves_to.as_deref()) {
                let states: Vec<&str> = match due.states.is_empty() {
                    true => step.states().collect(),
                    false => due.states.iter().map(String::as_str).collect(),
                };
                for from in states {
                    add(Some(from), to, Kind::Clock, None);
                }
            }
        }
    }
    for objection in &procedure.objections {
        for from in &objection.states {
            add(Some(from), &objection.upheld_to, Kind::Objection, None);
        }
    }
    all
}

/// The steps that stay in a state, by number; a step that resumes a stopped case is listed where it is taken.
pub(super) fn inside(procedure: &Procedure, variant: Option<&str>, state: &str) -> Vec<usize> {
    let steps = procedure.steps_of(variant).enumerate();
    let stays = steps.filter(|(_, step)| matches!(step.to, Goal::Same | Goal::Back) && step.leaves(state));
    stays.map(|(at, _)| at + 1).collect()
}

fn otherwise(step: &Step) -> impl Iterator<Item = &Goal> {
    let to = step.vote.as_ref().map(|ballot| &ballot.to);
    to.into_iter().flat_map(|to| [&to.fail, &to.tie]).flatten()
}

fn fails(procedure: &Procedure, state: &str) -> bool {
    use crate::definition::schema::End;
    procedure
        .state(state)
        .is_some_and(|state| state.end == Some(End::Failed))
}
