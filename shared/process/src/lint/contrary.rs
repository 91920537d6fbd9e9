//! Conditions that can all be met at once, and that leave no value of an item without a step.

use std::collections::BTreeMap;

use super::{Here, in_variant};
use crate::definition::{
    schema::{Argument, Condition, End, Step},
    words::Goal,
};

/// The least and the greatest value, both included.
#[derive(Clone, Copy)]
struct Bounds {
    least: i64,
    most: i64,
}

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for variant in procedure.kinds() {
        for step in procedure.steps_of(variant) {
            let path = ["step", &step.id, "when"];
            for (item, bounds) in bounds(step, variant) {
                if bounds.least > bounds.most {
                    let what = format!(
                        "对 {item} 的几个条件互相矛盾{}，这一步永远办不成",
                        in_variant(variant)
                    );
                    here.mistake("CONTRADICTION", &path, what);
                }
            }
            for name in step.conditions_of(variant).filter_map(never_did) {
                let mut wanted = step.after_of(variant).chain(step.ever_of(variant));
                if wanted.any(|(own, _)| own == name) {
                    let what = format!("既要办过 {name}，又要从未办过，这一步永远办不成");
                    here.mistake("CONTRADICTION", &path, what);
                }
            }
        }
        for state in &procedure.states {
            gaps(here, variant, &state.id);
        }
    }
}

fn never_did(condition: &Condition) -> Option<&str> {
    match condition.arguments.get("step") {
        Some(Argument::Text(step)) if condition.p == "never_did" && condition.sev.is_none() => Some(step),
        _ => None,
    }
}

/// Where every step on from a state wants a value of the same item, each value between the least and the greatest has
/// its step.
fn gaps(here: &mut Here<'_, '_>, variant: Option<&str>, state: &str) {
    let procedure = here.procedure;
    let fails = |step: &Step| match &step.to {
        Goal::State(to) => procedure
            .state(to)
            .is_some_and(|state| state.end == Some(End::Failed)),
        Goal::Same | Goal::Back => true,
    };
    let on = procedure
        .steps_of(variant)
        .filter(|step| step.leaves(state) && !step.early && !fails(step));
    let on: Vec<BTreeMap<&str, Bounds>> = on.map(|step| bounds(step, variant)).collect();
    for item in on.iter().take(1).flat_map(|first| first.keys()) {
        let each: Option<Vec<Bounds>> = on.iter().map(|bounds| bounds.get(item).copied()).collect();
        let Some(mut each) = each else { continue };
        each.sort_unstable_by_key(|bounds| bounds.least);
        let mut covered = i64::MIN;
        for bounds in each {
            if covered != i64::MIN && covered.saturating_add(1) < bounds.least {
                let what = format!(
                    "{item} 为 {} 时没有一步可走{}",
                    covered.saturating_add(1),
                    in_variant(variant)
                );
                here.mistake("WHEN_GAP", &["states", state], what);
            }
            covered = covered.max(bounds.most);
        }
    }
}

/// What the conditions of a step allow of each item that they compare with whole numbers.
fn bounds<'a>(step: &'a Step, variant: Option<&'a str>) -> BTreeMap<&'a str, Bounds> {
    let mut all: BTreeMap<&str, Bounds> = BTreeMap::new();
    for condition in step
        .conditions_of(variant)
        .filter(|condition| condition.sev.is_none())
    {
        let number = |name: &str| match condition.arguments.get(name) {
            Some(Argument::Int(n)) => Some(*n),
            _ => None,
        };
        let (least, most) = match condition.p.as_str() {
            "at_least" => (number("n"), None),
            "at_most" => (None, number("n")),
            "between" => (number("min"), number("max")),
            "equals" => (number("value"), number("value")),
            _ => continue,
        };
        if let Some(Argument::Text(item)) = condition.arguments.get("item")
            && (least.is_some() || most.is_some())
        {
            let known = all.entry(item).or_insert(Bounds {
                least: i64::MIN,
                most: i64::MAX,
            });
            known.least = known.least.max(least.unwrap_or(i64::MIN));
            known.most = known.most.min(most.unwrap_or(i64::MAX));
        }
    }
    all
}
