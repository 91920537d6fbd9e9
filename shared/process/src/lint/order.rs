//! What a step looks back upon can have been before it: steps that it wants, persons that it keeps out or asks for,
//! and where its clocks start.

use super::{
    Here,
    begun::{Kind, never_starts},
    graph::Graph,
    in_variant,
};
use crate::definition::{
    schema::{Argument, Due, Objection, Step},
    words::{Goal, Start},
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for variant in procedure.kinds() {
        let kind = Kind {
            definitions: here.definitions(),
            procedure,
            variant,
        };
        let graph = Graph::of(procedure, variant);
        for step in procedure.steps_of(variant) {
            wanted(here, kind, &graph, step);
        }
    }
    for step in &procedure.steps {
        for (key, names) in [("apart", &step.apart), ("same", &step.same)] {
            let never: Vec<&String> = names
                .iter()
                .filter(|name| !may_precede(here, name, step.states()))
                .collect();
            for name in never {
                let what = format!("在此之前不会办过 {name}");
                here.mistake("NEVER_BEFORE", &["step", &step.id, key], what);
            }
        }
        // Stayed in, a state is checked by several persons; left, it is left by one.
        if step.to != Goal::Same && step.apart.contains(&step.id) {
            let what = "不许办过这一步的人办理这一步：请写要与谁分开";
            here.mistake("APART_FROM_ITSELF", &["step", &step.id, "apart"], what);
        }
        if let Some(both) = step.same.iter().find(|name| step.apart.contains(name)) {
            let what = format!("既要由办过 {both} 的人办理，又不许他办理");
            here.mistake("NEVER_BEFORE", &["step", &step.id, "same"], what);
        }
        clocks(here, step);
    }
    for objection in &procedure.objections {
        self::objection(here, objection);
    }
}

/// In every variant of the step.
fn wanted(here: &mut Here<'_, '_>, kind: Kind<'_>, graph: &Graph<'_>, step: &Step) {
    let variant = kind.variant;
    let before = |name: &str| {
        let wanted = kind.procedure.step_of(variant, name);
        wanted.is_some_and(|wanted| graph.precedes(wanted, step.states()))
    };
    let stays = |name: &str| {
        let wanted = kind.procedure.step_of(variant, name);
        wanted.is_some_and(|wanted| {
            step.states()
                .any(|state| wanted.leaves(state) && stays_in(&wanted.to, state))
        })
    };
    let never = |name: &str| format!("在此之前不会办过 {name}{}，这一步永远办不成", in_variant(variant));
    for (name, _) in step.ever_of(variant).filter(|(name, _)| !before(name)) {
        here.mistake("NEVER_BEFORE", &["step", &step.id, "ever"], never(name));
    }
    for (name, _) in step.after_of(variant).filter(|(name, _)| !stays(name)) {
        let what = format!("{}：进入本状态之后才算", never(name));
        here.mistake("NEVER_BEFORE", &["step", &step.id, "after"], what);
    }
    for condition in step.conditions_of(variant) {
        let named = |key: &str| match condition.arguments.get(key) {
            Some(Argument::Text(name)) => Some(name.as_str()),
            _ => None,
        };
        let missing = match condition.p.as_str() {
            "every_side_did" => named("step").filter(|name| !stays(name)),
            "heard_or_lapsed" => ["step", "since"]
                .into_iter()
                .filter_map(named)
                .find(|name| !before(name)),
            _ => None,
        };
        if let Some(name) = missing {
            here.mistake("NEVER_BEFORE", &["step", &step.id, "when"], never(name));
        }
    }
}

fn stays_in(goal: &Goal, state: &str) -> bool {
    match goal {
        Goal::Same => true,
        Goal::State(to) => to == state,
        Goal::Back => false,
    }
}

/// Whether in some variant the step may have been done before one of the states.
fn may_precede<'a>(here: &Here<'_, '_>, name: &str, states: impl Iterator<Item = &'a str>) -> bool {
    let states: Vec<&str> = states.collect();
    let procedure = here.procedure;
    let Some(step) = procedure.step(name) else {
        return true;
    };
    let mut kinds = procedure
        .kinds()
        .into_iter()
        .filter(|variant| step.exists_in(*variant));
    kinds.any(|variant| Graph::of(procedure, variant).precedes(step, states.iter().copied()))
}

/// Each start of a clock begins it in some variant.
fn clocks(here: &mut Here<'_, '_>, step: &Step) {
    let own = |due: &Due| due.runs_in(step);
    for due in &step.due {
        idle(here, step, "due", &due.from, &own(due));
    }
    let states: Vec<String> = step.states().map(str::to_owned).collect();
    let more = step.more.values().flat_map(|more| &more.wait);
    for wait in step.wait.iter().chain(more).filter(|_| !step.opens()) {
        idle(here, step, "wait", &wait.from, &states);
    }
}

fn idle(here: &mut Here<'_, '_>, step: &Step, key: &str, from: &[Start], states: &[String]) {
    let (procedure, definitions) = (here.procedure, here.definitions());
    for start in from {
        let idle = procedure
            .kinds()
            .into_iter()
            .filter(|variant| step.exists_in(*variant))
            .all(|variant| {
                let kind = Kind {
                    definitions,
                    procedure,
                    variant,
                };
                never_starts(kind, step, start, states)
            });
        if idle {
            let what = format!("{start} 在它所管的状态之前不会发生，这个期限从不起算");
            here.mistake("CLOCK_NEVER_STARTS", &["step", &step.id, key], what);
        }
    }
}

/// Whoever answers an objection is kept from somebody who has been there.
fn objection(here: &mut Here<'_, '_>, objection: &Objection) {
    for name in &objection.apart {
        if !may_precede(here, name, objection.states.iter().map(String::as_str)) {
            let what = format!("提出异议之前不会办过 {name}");
            here.mistake("NEVER_BEFORE", &["objection", &objection.id, "apart"], what);
        }
    }
}
