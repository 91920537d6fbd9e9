//! A procedure in one variant as a graph: states, and every way from one to another. `@back` is no way of its own: it
//! returns to where the case came from, and nothing new is reached by it.

use std::collections::BTreeSet;

use crate::definition::{
    Procedure,
    schema::{End, Step},
    words::{Goal, Source},
};

/// A way from one state to another.
pub(crate) struct Edge<'a> {
    /// `None` for `@new`.
    pub(crate) from: Option<&'a str>,
    pub(crate) to: &'a str,
    pub(crate) by: By<'a>,
}

/// What goes that way.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    /// The step, done for good.
    Step(&'a Step),
    /// The step, when its vote does not carry.
    Vote(&'a Step),
    /// A clock that ran out.
    Clock,
    /// An objection, upheld or received.
    Objection,
}

impl<'a> By<'a> {
    /// The step that was taken for good.
    pub(crate) fn done(self) -> Option<&'a Step> {
        match self {
            Self::Step(step) => Some(step),
            _ => None,
        }
    }

    /// The step, whatever came of it.
    pub(crate) fn step(self) -> Option<&'a Step> {
        match self {
            Self::Step(step) | Self::Vote(step) => Some(step),
            Self::Clock | Self::Objection => None,
        }
    }

    /// Whether an end is left.
    pub(crate) fn reopens(self) -> bool {
        self.step().is_some_and(|step| step.reopen)
    }
}

/// The graph of a variant.
pub(crate) struct Graph<'a> {
    pub(crate) edges: Vec<Edge<'a>>,
    done: BTreeSet<&'a str>,
    /// From a state that is resumed by `@back` to those that it was entered from.
    backs: Vec<(&'a str, &'a str)>,
}

impl<'a> Graph<'a> {
    pub(crate) fn of(procedure: &'a Procedure, variant: Option<&'a str>) -> Self {
        let mut edges = Vec::new();
        for step in procedure.steps_of(variant) {
            for from in &step.from {
                edges.extend(ways(step, from));
            }
            for due in &step.due {
                let moves = due.late.as_ref().and_then(|late| late.moves_to.as_deref());
                edges.extend(moves.into_iter().flat_map(|to| {
                    let states = due_states(due, step);
                    states.into_iter().map(move |from| edge(from, to, By::Clock))
                }));
            }
        }
        for objection in &procedure.objections {
            let late = objection.answer.as_ref().and_then(|answer| answer.late.as_ref());
            let moves = late.and_then(|late| late.moves_to.as_deref());
            for from in &objection.states {
                edges.push(edge(from, &objection.upheld_to, By::Objection));
                edges.extend(moves.map(|to| edge(from, to, By::Clock)));
            }
        }
        let done = procedure
            .states
            .iter()
            .filter(|state| state.end == Some(End::Done));
        let resumes = |state: &str| {
            let mut steps = procedure.steps_of(variant);
            steps.any(|step| step.to == Goal::Back && step.leaves(state))
        };
        let stops = edges.iter().filter(|edge| resumes(edge.to));
        let backs = stops.filter_map(|edge| Some((edge.to, edge.from?))).collect();
        Self {
            edges,
            backs,
            done: done.map(|state| state.id.as_str()).collect(),
        }
    }

    /// The states that can be entered, in ways that may be gone.
    pub(crate) fn entered(&self, may: impl Fn(&Edge<'a>) -> bool) -> BTreeSet<&'a str> {
        let first = self.edges.iter().filter(|edge| edge.from.is_none() && may(edge));
        self.from(first.map(|edge| edge.to), &may)
    }

    /// The states given and everything that is reached from them, in ways that may be gone.
    pub(crate) fn from(
        &self,
        states: impl IntoIterator<Item = &'a str>,
        may: impl Fn(&Edge<'a>) -> bool,
    ) -> BTreeSet<&'a str> {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = states.into_iter().collect();
        while let Some(state) = next.pop() {
            if reached.insert(state) {
                let ways = self
                    .edges
                    .iter()
                    .filter(|edge| edge.from == Some(state) && may(edge));
                next.extend(ways.map(|edge| edge.to));
            }
        }
        reached
    }

    /// Whether the step can have been taken before one of the states is left.
    pub(crate) fn precedes<'b>(&self, step: &Step, mut states: impl Iterator<Item = &'b str>) -> bool {
        let entered = self.entered(|_| true);
        let taken = self.edges.iter().filter(|edge| {
            edge.by.step().is_some_and(|own| own.id == step.id)
                && edge.from.is_none_or(|from| entered.contains(from))
        });
        let mut after = self.from(taken.map(|edge| edge.to), |_| true);
        while let Some((_, back)) = self
            .backs
            .iter()
            .find(|(from, back)| after.contains(from) && !after.contains(back))
        {
            after.extend(self.from([*back], |_| true));
        }
        let resumes = step.to == Goal::Back && step.states().any(|state| entered.contains(state));
        resumes || states.any(|state| after.contains(state))
    }

    /// Whether one of the states is an end for good.
    pub(crate) fn ends_well(&self, states: &BTreeSet<&str>) -> bool {
        states.iter().any(|state| self.done.contains(state))
    }
}

fn edge<'a>(from: &'a str, to: &'a str, by: By<'a>) -> Edge<'a> {
    Edge {
        from: Some(from),
        to,
        by,
    }
}

fn due_states<'a>(due: &'a crate::definition::schema::Due, step: &'a Step) -> Vec<&'a str> {
    if due.states.is_empty() {
        return step.states().collect();
    }
    due.states.iter().map(String::as_str).collect()
}

/// The ways of a step from one of its places.
fn ways<'a>(step: &'a Step, from: &'a Source) -> impl Iterator<Item = Edge<'a>> {
    let start = match from {
        Source::New => None,
        Source::State(state) => Some(state.as_str()),
    };
    let to = step.vote.as_ref().map(|ballot| &ballot.to);
    let otherwise = to.into_iter().flat_map(|to| [&to.fail, &to.tie]).flatten();
    let goals =
        std::iter::once((&step.to, By::Step(step))).chain(otherwise.map(move |goal| (goal, By::Vote(step))));
    goals.filter_map(move |(goal, by)| {
        let to = match goal {
            Goal::State(state) => Some(state.as_str()),
            Goal::Same => start,
            Goal::Back => None,
        }?;
        Some(Edge { from: start, to, by })
    })
}
