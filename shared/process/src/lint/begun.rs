//! Whether a clock runs when a state is entered, on every way that leads there. A clock starts with a step that was
//! done, and stops with its own step (process.md part 1, `due`).

use std::collections::BTreeSet;

use super::graph::{By, Edge, Graph};
use crate::definition::{
    Definitions, Procedure,
    schema::{Due, State, Step},
    words::Start,
};

/// The procedure in one of its variants.
#[derive(Clone, Copy)]
pub(super) struct Kind<'a> {
    pub(super) definitions: &'a Definitions,
    pub(super) procedure: &'a Procedure,
    pub(super) variant: Option<&'a str>,
}

/// A clock that starts at some time before the state is entered.
struct Clock<'a> {
    /// Whose clock it is: done, it stops it.
    step: &'a Step,
    /// Any of these starts it.
    starts: BTreeSet<&'a str>,
    /// Any of these brings the date that it counts from; that does not stop.
    dates: BTreeSet<&'a str>,
}

/// What is known of a clock on the way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    /// Something started it.
    began: bool,
    /// It has not stopped since.
    runs: bool,
}

/// On which ways a clock runs in a state as soon as it is entered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Timed {
    /// On each of them.
    Always,
    /// On each way forward, but not on each way back into it.
    NotAgain,
    /// Not on each way forward.
    Never,
}

/// Whether a clock runs in the state as soon as it is entered, whichever way.
pub(super) fn timed(kind: Kind<'_>, graph: &Graph<'_>, state: &State) -> Timed {
    let mut clocks = Vec::new();
    for step in kind.procedure.steps_of(kind.variant) {
        let runs_here = |due: &&Due| due.runs_in(step).contains(&state.id);
        for due in step.due.iter().filter(runs_here) {
            let mut clock = Clock {
                step,
                starts: BTreeSet::new(),
                dates: BTreeSet::new(),
            };
            if clock.runs_anyway(kind, &due.from) {
                return Timed::Always;
            }
            clocks.push(clock);
        }
    }
    let mut timed = Timed::Always;
    every_way(graph, &state.id, &clocks, kind.variant, |way| {
        let enters = way.edge.to == state.id && way.edge.from != Some(state.id.as_str());
        if enters && !way.known.iter().any(|known| known.runs) {
            timed = if way.is_back() {
                Timed::NotAgain
            } else {
                Timed::Never
            };
        }
        timed != Timed::Never
    });
    timed
}

impl<'a> Clock<'a> {
    /// Whether it runs in the state whatever was done before; else what starts it.
    fn runs_anyway(&mut self, kind: Kind<'a>, from: &'a [Start]) -> bool {
        let mut runs = false;
        for start in from {
            runs |= self.runs_from(kind, start);
        }
        runs
    }

    fn runs_from(&mut self, kind: Kind<'a>, start: &'a Start) -> bool {
        match start {
            Start::Enter => true,
            Start::Step(step) => {
                self.starts.insert(step);
                false
            }
            // A fact is its owner's to know; what is evidence is known once a step brought it.
            Start::Fact(item) => {
                let steps = kind.procedure.steps_of(kind.variant);
                let brings = steps.filter(|step| step.evidence_of(kind.variant).any(|own| own == item));
                self.dates.extend(brings.map(|step| step.id.as_str()));
                !kind.definitions.tables.evidence.contains_key(item)
            }
            Start::Earliest => {
                let mut runs = false;
                let waits = self.step.waits_of(kind.variant).flat_map(|wait| &wait.from);
                for start in waits.filter(|start| **start != Start::Earliest) {
                    runs |= self.runs_from(kind, start);
                }
                runs
            }
        }
    }

    fn after(&self, known: Known, edge: &Edge<'_>) -> Known {
        let is = |step: Option<&Step>, among: &BTreeSet<&str>| {
            step.is_some_and(|step| among.contains(step.id.as_str()))
        };
        let dated = is(edge.by.step(), &self.dates);
        let started = is(edge.by.done(), &self.starts);
        let stopped = edge.by.done().is_some_and(|step| step.id == self.step.id) && self.dates.is_empty();
        Known {
            began: known.began || dated || started,
            runs: dated || started || (known.runs && !stopped),
        }
    }

    /// Whether a step that wants another one to be done before it waits for the start of the clock.
    fn is_wanted_by(&self, edge: &Edge<'_>, variant: Option<&str>) -> bool {
        let wanted = |step: &Step| {
            let mut names = step
                .after_of(variant)
                .chain(step.ever_of(variant))
                .map(|(name, _)| name);
            names.any(|name| self.starts.contains(name.as_str()))
        };
        edge.by.step().is_some_and(wanted)
    }
}

/// Whether in the variant this start can never have begun the clock in one of the states.
pub(super) fn never_starts(kind: Kind<'_>, step: &Step, start: &Start, states: &[String]) -> bool {
    let mut clock = Clock {
        step,
        starts: BTreeSet::new(),
        dates: BTreeSet::new(),
    };
    if clock.runs_from(kind, start) {
        return false;
    }
    let graph = Graph::of(kind.procedure, kind.variant);
    let mut begins = false;
    every_way(&graph, "", &[clock], kind.variant, |way| {
        begins |= way.known[0].runs && states.iter().any(|state| state == way.edge.to);
        !begins
    });
    !begins
}

/// A way that somebody has gone, at its end.
struct Way<'a> {
    edge: &'a Edge<'a>,
    known: &'a [Known],
    /// The state that is looked at was entered before.
    again: bool,
}

impl Way<'_> {
    /// Whether the case is sent back by it: to where it was, by a vote that does not carry, by an objection.
    fn is_back(&self) -> bool {
        self.again || matches!(self.edge.by, By::Vote(_) | By::Objection)
    }
}

/// Goes every way from `@new`, telling each with what is known of the clocks at its end, until nobody goes on.
fn every_way(
    graph: &Graph<'_>,
    looked_at: &str,
    clocks: &[Clock<'_>],
    variant: Option<&str>,
    mut tell: impl FnMut(&Way<'_>) -> bool,
) {
    let still = Known {
        began: false,
        runs: false,
    };
    let mut seen = BTreeSet::new();
    let mut next = vec![(None, vec![still; clocks.len()], false)];
    while let Some((at, known, again)) = next.pop() {
        if !seen.insert((at, known.clone(), again)) {
            continue;
        }
        for edge in graph.edges.iter().filter(|edge| edge.from == at) {
            let both = || clocks.iter().zip(&known);
            if both().any(|(clock, known)| !known.began && clock.is_wanted_by(edge, variant)) {
                continue;
            }
            let then: Vec<Known> = both().map(|(clock, known)| clock.after(*known, edge)).collect();
            let known = &then;
            if !tell(&Way { edge, known, again }) {
                return;
            }
            next.push((Some(edge.to), then, again || edge.to == looked_at));
        }
    }
}
