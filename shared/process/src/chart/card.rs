//! The cards of a chart: one for each state, with what can be done in it line by line, and where each line leads.

use std::collections::BTreeSet;

use super::words;
use crate::{
    definition::{
        Definitions, Procedure,
        schema::{End, Objection, State, Step},
        words::Goal,
    },
    lint::graph::Graph,
};

/// The evidence that whoever refuses or returns something gives.
const RETURN_REASON: &str = "return_reason";

/// What leads from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By<'a> {
    /// A step, taken for good.
    Step(&'a str),
    /// The vote of a step that does not carry.
    Fail(&'a str),
    /// Equal votes.
    Tie(&'a str),
    /// A deadline of a step, or of the answer to an objection.
    Clock(&'a str),
    /// An objection.
    Objection(&'a str),
}

/// The arrow of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way<'a> {
    pub(super) to: &'a str,
    pub(super) by: By<'a>,
    /// A refusal, a return, or a move of a clock.
    pub(super) dashed: bool,
}

/// What stands before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The official number of a step.
    Number(u32),
    /// A step without one.
    Plain,
    /// What comes of a line above otherwise.
    Otherwise,
    /// A clock that runs out.
    Clock,
    /// An objection.
    Objection,
}

/// One thing that can happen in a state.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    pub(super) mark: Mark,
    pub(super) by: By<'a>,
    pub(super) name: String,
    pub(super) who: String,
    /// By when, with a clock before it.
    pub(super) due: String,
    /// Nowhere when it stays in the state.
    pub(super) way: Option<Way<'a>>,
}

/// A state, or where cases are opened.
#[derive(Debug, Clone)]
pub(super) struct Card<'a> {
    /// `None` for where cases are opened.
    pub(super) state: Option<&'a State>,
    pub(super) lines: Vec<Line<'a>>,
    /// How long its publicity lasts.
    pub(super) publicity: Option<String>,
}

impl<'a> Card<'a> {
    /// The state's id; empty for where cases are opened.
    pub(super) fn id(&self) -> &'a str {
        self.state.map_or("", |state| state.id.as_str())
    }

    pub(super) fn end(&self) -> Option<End> {
        self.state.and_then(|state| state.end)
    }
}

/// The cards of a variant, where cases are opened first, then the states that are entered in it, in the order of the
/// file.
pub(super) fn of<'a>(
    definitions: &Definitions,
    procedure: &'a Procedure,
    variant: Option<&'a str>,
) -> Vec<Card<'a>> {
    let entered = Graph::of(procedure, variant).entered(|_| true);
    let reader = Reader {
        definitions,
        procedure,
        variant,
    };
    let states = procedure
        .states
        .iter()
        .filter(|state| entered.contains(state.id.as_str()));
    std::iter::once(reader.opening())
        .chain(states.map(|state| reader.card(state)))
        .collect()
}

struct Reader<'a, 'd> {
    definitions: &'d Definitions,
    procedure: &'a Procedure,
    variant: Option<&'a str>,
}

impl<'a> Reader<'a, '_> {
    fn opening(&self) -> Card<'a> {
        let steps = self.procedure.steps_of(self.variant).filter(|step| step.opens());
        Card {
            state: None,
            lines: steps.flat_map(|step| self.step(step, None)).collect(),
            publicity: None,
        }
    }

    fn card(&self, state: &'a State) -> Card<'a> {
        let steps = self.procedure.steps_of(self.variant);
        let legal = steps.filter(|step| step.leaves(&state.id));
        let mut lines: Vec<Line<'a>> = legal.flat_map(|step| self.step(step, Some(state))).collect();
        lines.extend(self.clocks(state));
        let objections = self.procedure.objections.iter();
        let taken = objections.filter(|objection| objection.covers(&state.id));
        lines.extend(taken.flat_map(|objection| self.objection(objection, state)));
        Card {
            state: Some(state),
            lines,
            publicity: state
                .publicity
                .as_ref()
                .map(|publicity| words::how_long(self.definitions, &publicity.n, publicity.unit)),
        }
    }

    fn step(&self, step: &'a Step, from: Option<&State>) -> Vec<Line<'a>> {
        let due = step
            .due
            .iter()
            .filter(|due| from.is_none_or(|state| due.runs_in(step).contains(&state.id)));
        let due: BTreeSet<String> = due.map(|due| words::by_when(self.definitions, due)).collect();
        let own = Line {
            mark: step.no.map_or(Mark::Plain, Mark::Number),
            by: By::Step(&step.id),
            name: match step.to {
                Goal::Back => format!("{}（回到中止前）", step.name_zh),
                _ => step.name_zh.clone(),
            },
            who: words::who(&step.who),
            due: due.into_iter().collect::<Vec<_>>().join("、"),
            way: self.way(&step.to, By::Step(&step.id), from).map(|way| Way {
                dashed: way.dashed || step.evidence.iter().any(|item| item == RETURN_REASON),
                ..way
            }),
        };
        let to = step.vote.as_ref().map(|ballot| &ballot.to);
        let fail = to
            .and_then(|to| to.fail.as_ref())
            .map(|goal| ("未通过", goal, By::Fail(&step.id)));
        let tie = to
            .and_then(|to| to.tie.as_ref())
            .map(|goal| ("票数相同", goal, By::Tie(&step.id)));
        let otherwise = fail.into_iter().chain(tie).map(|(name, goal, by)| {
            let way = self.way(goal, by, from).map(|way| Way { dashed: true, ..way });
            Line {
                mark: Mark::Otherwise,
                by,
                name: if way.is_none() {
                    format!("{name}，留在本环节")
                } else {
                    name.to_owned()
                },
                who: String::new(),
                due: String::new(),
                way,
            }
        });
        std::iter::once(own).chain(otherwise).collect()
    }

    /// Where a goal leads; nowhere when the case stays where it is.
    fn way(&self, goal: &'a Goal, by: By<'a>, from: Option<&State>) -> Option<Way<'a>> {
        let Goal::State(to) = goal else { return None };
        if from.is_some_and(|state| state.id == *to) {
            return None;
        }
        let at = |id: &str| self.procedure.states.iter().position(|state| state.id == id);
        let back = from.is_some_and(|state| at(to) < at(&state.id));
        let refused = self
            .procedure
            .state(to)
            .is_some_and(|state| state.end == Some(End::Failed));
        Some(Way {
            to,
            by,
            dashed: back || refused,
        })
    }

    /// Clocks that move the case when they run out.
    fn clocks(&self, state: &State) -> Vec<Line<'a>> {
        let mut lines = Vec::new();
        for step in self.procedure.steps_of(self.variant) {
            for due in step
                .due
                .iter()
                .filter(|due| due.runs_in(step).contains(&state.id))
            {
                let moves = due.late.as_ref().and_then(|late| late.moves_to.as_deref());
                let when = words::by_when(self.definitions, due);
                lines.extend(moves.map(|to| self.clock(&step.id, &step.name_zh, when.clone(), to)));
            }
        }
        lines
    }

    fn clock(&self, id: &'a str, name: &str, when: String, to: &'a str) -> Line<'a> {
        Line {
            mark: Mark::Clock,
            by: By::Clock(id),
            name: format!("逾期未办“{name}”"),
            who: String::new(),
            due: when,
            way: Some(Way {
                to,
                by: By::Clock(id),
                dashed: true,
            }),
        }
    }

    fn objection(&self, objection: &'a Objection, state: &State) -> Vec<Line<'a>> {
        let answer = objection.answer.as_ref();
        let due = answer.map(|answer| words::how_long(self.definitions, &answer.n, answer.unit));
        let by = By::Objection(&objection.id);
        let to = Some(objection.upheld_to.as_str()).filter(|to| *to != state.id);
        let own = Line {
            mark: Mark::Objection,
            by,
            name: format!("{}成立", objection.name_zh),
            who: format!("答复：{}", words::who(&objection.decider)),
            due: due.map(|due| format!("{due}内")).unwrap_or_default(),
            way: to.map(|to| Way { to, by, dashed: true }),
        };
        let late = answer.and_then(|answer| answer.late.as_ref());
        let moves = late.and_then(|late| late.moves_to.as_deref());
        let name = format!("答复{}", objection.name_zh);
        let late = moves.map(|to| self.clock(&objection.id, &name, String::new(), to));
        std::iter::once(own).chain(late).collect()
    }
}
