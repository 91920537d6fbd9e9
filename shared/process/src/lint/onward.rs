//! What goes wrong leads back, and nothing overtakes a publicity or an approval: an objection that is upheld, a vote
//! that does not carry, a step that may leave early, a step beside the one that decides.

use std::collections::BTreeSet;

use kernel::{Relation, role::Anchor};

use super::{
    Here,
    graph::{By, Edge, Graph},
    in_variant,
};
use crate::definition::{
    Procedure,
    schema::{End, Objection, Step},
    words::{Goal, Right},
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for variant in procedure.kinds() {
        let graph = Graph::of(procedure, variant);
        let ways = Ways {
            procedure,
            entered: graph.entered(|_| true),
            graph: &graph,
        };
        let steps: Vec<&Step> = procedure.steps_of(variant).collect();
        let variant = in_variant(variant);
        for objection in &procedure.objections {
            if ways.upheld_goes_on(objection) {
                let what = format!(
                    "异议成立后转入 {}{variant}，不再公示就能办成",
                    objection.upheld_to
                );
                here.mistake("UPHELD_GOES_ON", &["objection", &objection.id, "upheld_to"], what);
            }
        }
        for step in steps {
            for goal in ways.fails_onward(step) {
                let what = format!("未通过时转入 {goal}{variant}，与通过之后一样往前走");
                here.mistake("FAIL_GOES_ON", &["step", &step.id, "vote"], what);
            }
            if let Some(state) = ways.early_goes_on(step) {
                let what =
                    format!("公示未满、异议未答复就可以离开 {state} 往前走{variant}：early 只用于退回和终止");
                here.mistake("EARLY_GOES_ON", &["step", &step.id, "early"], what);
            }
        }
        for edge in graph.edges.iter().filter(|edge| ways.goes_on(edge)) {
            let (Some(step), Some(from)) = (edge.by.done(), edge.from) else {
                continue;
            };
            // A step that is also taken where the publicity is over, or the approval given, is the same one before its
            // time; another one may be a shorter way that is meant.
            let path = ["step", &step.id, "from"];
            if let Some(publicity) = ways.leaves_behind(edge) {
                let what = format!("从 {from} 越过公示 {publicity}{variant}");
                if ways.is_taken_after(edge, |one| one.from == Some(publicity)) || step.leaves(publicity) {
                    here.mistake("PUBLICITY_BYPASSED", &path, what);
                } else {
                    here.warning("PUBLICITY_LEFT_OUT", &path, what);
                }
            } else if let Some(approval) = ways.overtaken(edge) {
                let what = format!("从 {from} 越过批准 {}{variant}", approval.id);
                if ways.is_taken_after(edge, |one| is_done(one, approval)) {
                    here.mistake("APPROVAL_BYPASSED", &path, what);
                } else {
                    here.warning("APPROVAL_LEFT_OUT", &path, what);
                }
            }
        }
    }
}

/// The ways of one variant.
struct Ways<'a> {
    procedure: &'a Procedure,
    graph: &'a Graph<'a>,
    entered: BTreeSet<&'a str>,
}

impl<'a> Ways<'a> {
    fn is_public(&self, state: &str) -> bool {
        let state = self.procedure.state(state);
        state.is_some_and(|state| state.publicity.is_some())
    }

    fn ends(&self, state: &str, how: End) -> bool {
        let state = self.procedure.state(state);
        state.is_some_and(|state| state.end == Some(how))
    }

    /// Whether the case can succeed from here in ways that may be gone.
    fn succeeds(&self, state: &'a str, may: impl Fn(&Edge<'a>) -> bool) -> bool {
        let given_up =
            |edge: &Edge<'a>| self.ends(edge.to, End::Done) && edge.by.done().is_some_and(gives_up);
        let goes = |edge: &Edge<'a>| {
            may(edge) && !given_up(edge) && !edge.by.reopens() && !matches!(edge.by, By::Objection)
        };
        let reached = self.graph.from([state], goes);
        self.graph.ends_well(&reached)
    }

    /// Whether it can without being made public anew.
    fn succeeds_unseen(&self, state: &'a str) -> bool {
        self.succeeds(state, |edge| {
            edge.from == Some(edge.to) || !self.is_public(edge.to)
        })
    }

    /// An objection to what is public leads back, from where it is made public anew, or to no success at all.
    fn upheld_goes_on(&self, objection: &'a Objection) -> bool {
        let to = objection.upheld_to.as_str();
        if self.ends(to, End::Failed) {
            return false;
        }
        let applies = |state: &&String| self.entered.contains(state.as_str()) && self.is_public(state);
        let mut public = objection.states.iter().filter(applies);
        self.ends(to, End::Done) || public.any(|state| self.succeeds_unseen(to) || self.is_past(to, state))
    }

    /// Whether the state is only entered by leaving the publicity, and does not lead into it again before success.
    fn is_past(&self, state: &'a str, publicity: &str) -> bool {
        self.is_behind(state, |edge| edge.from == Some(publicity))
            && self.succeeds(state, |edge| edge.to != publicity)
    }

    /// Whether the state is only entered by way of these.
    fn is_behind(&self, state: &str, these: impl Fn(&Edge<'a>) -> bool) -> bool {
        let other = |edge: &Edge<'a>| !matches!(edge.by, By::Objection);
        let without = |edge: &Edge<'a>| other(edge) && !these(edge);
        self.graph.entered(other).contains(state) && !self.graph.entered(without).contains(state)
    }

    /// Where a vote that does not carry leads, when that is an end for good or lies behind the vote that carries.
    fn fails_onward(&self, step: &'a Step) -> Vec<&'a str> {
        let otherwise = step.vote.iter().flat_map(|vote| [&vote.to.fail, &vote.to.tie]);
        let goals = otherwise.flatten().filter(|goal| **goal != step.to);
        let states = goals.filter_map(|goal| match goal {
            Goal::State(state) => Some(state.as_str()),
            Goal::Same | Goal::Back => None,
        });
        let failed = |edge: &Edge<'_>| matches!(edge.by, By::Vote(own) if own.id == step.id);
        let behind = |state: &str| {
            let other = self.graph.entered(|edge| !failed(edge));
            let without = self.graph.entered(|edge| !failed(edge) && !is_done(edge, step));
            other.contains(state) && !without.contains(state)
        };
        let goes_on = |state: &&str| behind(state) && self.succeeds(state, |edge| !is_done(edge, step));
        states
            .filter(|state| !self.ends(state, End::Failed))
            .filter(|state| self.ends(state, End::Done) || goes_on(state))
            .collect()
    }

    /// The state that an early step leaves to where its publicity lies behind, or to success unseen.
    fn early_goes_on(&self, step: &'a Step) -> Option<&'a str> {
        let Goal::State(to) = &step.to else { return None };
        if !step.early || gives_up(step) || self.ends(to, End::Failed) {
            return None;
        }
        let unseen = self.succeeds_unseen(to);
        let mut left = step.states().filter(|state| self.entered.contains(state));
        left.find(|state| unseen || (self.is_public(state) && self.is_past(to, state)))
    }

    /// Whether the edge is a step on the way to success: taken for good, to another state.
    fn goes_on(&self, edge: &Edge<'_>) -> bool {
        let forward = edge.by.done().is_some_and(|step| !step.early && !step.reopen);
        let entered = edge.from.is_some_and(|from| self.entered.contains(from));
        forward && entered && edge.from != Some(edge.to) && !self.ends(edge.to, End::Failed)
    }

    /// The publicity that lies ahead where an edge begins, and is out of reach where it ends.
    fn leaves_behind(&self, edge: &Edge<'a>) -> Option<&'a str> {
        let (step, from) = (edge.by.done()?, edge.from?);
        if self.is_public(from) {
            return None;
        }
        let mut public = self.procedure.states.iter().map(|state| state.id.as_str());
        public.find(|publicity| {
            self.is_public(publicity)
                && if is_approval(step) {
                    self.lies_ahead(publicity, from) && !self.reaches(edge.to, publicity)
                } else {
                    self.is_entered_from(publicity, from)
                        && self.only_behind(edge, edge.to, |one| one.from == Some(publicity))
                }
        })
    }

    /// The approval that could be given where an edge begins, and that has been given wherever else the case comes to
    /// where it ends.
    fn overtaken(&self, edge: &Edge<'a>) -> Option<&'a Step> {
        let (step, from) = (edge.by.done()?, edge.from?);
        if is_approval(step) || (self.ends(edge.to, End::Done) && gives_up(step)) {
            return None;
        }
        let mut beside = self.graph.edges.iter().filter(|one| one.from == Some(from));
        beside.find_map(|one| {
            let approval = one.by.done().filter(|approval| is_approval(approval))?;
            self.only_behind(edge, edge.to, |one| is_done(one, approval))
                .then_some(approval)
        })
    }

    /// Whether the step of the edge is also taken in a state to which the case only comes by one of these.
    fn is_taken_after(&self, edge: &Edge<'a>, these: impl Fn(&Edge<'a>) -> bool) -> bool {
        let mut states = edge.by.done().into_iter().flat_map(Step::states);
        states.any(|state| self.only_behind(edge, state, &these))
    }

    /// Whether the case comes to a state on other ways than by the edge, without being sent back, and only by one of
    /// these.
    fn only_behind(&self, edge: &Edge<'a>, state: &str, these: impl Fn(&Edge<'a>) -> bool) -> bool {
        let step = edge.by.done().map(|step| &step.id);
        let other = |one: &Edge<'a>| {
            let same = one.from == edge.from && one.by.done().map(|own| &own.id) == step;
            !same && !matches!(one.by, By::Vote(_) | By::Objection)
        };
        let without = |one: &Edge<'a>| other(one) && !these(one);
        self.graph.entered(other).contains(state) && !self.graph.entered(without).contains(state)
    }

    /// Whether the case has not been in the publicity yet, and comes to it.
    fn lies_ahead(&self, publicity: &str, from: &'a str) -> bool {
        let before = self.graph.entered(|edge| edge.to != publicity);
        before.contains(from) && self.reaches(from, publicity)
    }

    fn reaches(&self, from: &'a str, state: &str) -> bool {
        self.graph.from([from], |edge| self.goes_on(edge)).contains(state)
    }

    fn is_entered_from(&self, state: &str, from: &str) -> bool {
        let mut edges = self.graph.edges.iter();
        edges.any(|edge| edge.from == Some(from) && edge.to == state)
    }
}

/// Whether the step is its own subject's alone, who overtakes nothing with it: what he asked for he may give up.
fn gives_up(step: &Step) -> bool {
    let own = |right: &Right| {
        right.0.anchor == Anchor::Subject && matches!(right.0.relation, Relation::Own | Relation::SelfPerson)
    };
    step.who.iter().all(own)
}

fn is_done(edge: &Edge<'_>, step: &Step) -> bool {
    edge.by.done().is_some_and(|own| own.id == step.id)
}

fn is_approval(step: &Step) -> bool {
    step.vote.is_some() || !step.binds.is_empty()
}
