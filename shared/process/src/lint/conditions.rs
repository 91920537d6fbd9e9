//! Conditions: predicates that the engine knows, with the arguments that they take; parameters within their bounds.

use super::{Found, Here};
use crate::{
    definition::{
        Definitions,
        schema::{Argument, Condition},
        tables::{ArgumentKind, EvidenceKind, FactKind, Parameter, PredicateEntry, Setting},
        words::Number,
    },
    engine::predicate::is_known,
};

/// Sorts of items, as predicates want them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Flag,
    Number,
    Day,
    Word,
    List,
}

pub(super) fn lint(here: &mut Here<'_, '_>) {
    for step in &here.procedure.steps {
        for condition in &step.when {
            self::condition(here, &["step", &step.id, "when"], condition);
        }
        for (variant, more) in &step.more {
            for condition in &more.when {
                self::condition(here, &["step", &step.id, "more", variant, "when"], condition);
            }
        }
    }
}

fn condition(here: &mut Here<'_, '_>, path: &[&str], condition: &Condition) {
    let tables = &here.definitions().tables;
    let Some(entry) = tables
        .predicate
        .get(&condition.p)
        .filter(|_| is_known(&condition.p))
    else {
        let what = format!("没有条件 {}", condition.p);
        return here.mistake("UNKNOWN_PREDICATE", path, what);
    };
    let given = &condition.arguments;
    let missing = |name: &&String| !given.contains_key(*name) && !entry.optional.contains(name);
    for name in entry.params.keys().filter(missing) {
        here.mistake("WRONG_ARGUMENTS", path, format!("{} 缺少 {name}", condition.p));
    }
    for (name, argument) in given {
        match entry.params.get(name) {
            None => here.mistake("WRONG_ARGUMENTS", path, format!("{} 不带 {name}", condition.p)),
            Some(kind) => {
                if let Err(wrong) = fits(here, *kind, argument, wanted(&condition.p, name)) {
                    here.mistake(
                        "WRONG_ARGUMENTS",
                        path,
                        format!("{} 的 {name}：{wrong}", condition.p),
                    );
                }
            }
        }
    }
}

/// Which sort of item a predicate reads under an argument; any when it takes several.
fn wanted(predicate: &str, argument: &str) -> Option<Sort> {
    Some(match (predicate, argument) {
        ("holds", _) => Sort::Flag,
        ("at_least" | "at_most" | "between" | "less_than", _) => Sort::Number,
        (
            "years_passed" | "not_within_months" | "dated_within" | "lead_time_at_least" | "extension_fits",
            _,
        ) => Sort::Day,
        ("listed", _) => Sort::Word,
        ("count_between" | "named_full_members", _) => Sort::List,
        _ => return None,
    })
}

fn fits(
    here: &Here<'_, '_>,
    kind: ArgumentKind,
    argument: &Argument,
    sort: Option<Sort>,
) -> Result<(), String> {
    let definitions = here.definitions();
    let tables = &definitions.tables;
    let text = match (kind, argument) {
        (ArgumentKind::Value, Argument::Flag(_) | Argument::Int(_))
        | (ArgumentKind::Int, Argument::Int(_)) => {
            return Ok(());
        }
        (_, Argument::Text(text)) => text.as_str(),
        _ => return Err("类型不符".to_owned()),
    };
    match kind {
        ArgumentKind::Int => number(definitions, text),
        ArgumentKind::Item if text == "@on" => Ok(()),
        ArgumentKind::Item => item(definitions, text, sort),
        ArgumentKind::Value => text
            .strip_prefix('@')
            .map_or(Ok(()), |name| item(definitions, name, None)),
        ArgumentKind::List if tables.list.contains_key(text) => Ok(()),
        ArgumentKind::Step if here.procedure.step(text).is_some() => Ok(()),
        ArgumentKind::Procedure if !definitions.versions(text).is_empty() => Ok(()),
        ArgumentKind::List | ArgumentKind::Step | ArgumentKind::Procedure => Err(format!("没有 {text}")),
    }
}

fn number(definitions: &Definitions, text: &str) -> Result<(), String> {
    let number: Number = text.parse().map_err(|error| format!("{error}"))?;
    match number {
        Number::Parameter { name, .. } if !definitions.tables.param.contains_key(&name) => {
            Err(format!("没有参数 {name}"))
        }
        _ => Ok(()),
    }
}

fn item(definitions: &Definitions, name: &str, wanted: Option<Sort>) -> Result<(), String> {
    let tables = &definitions.tables;
    let evidence = tables.evidence.get(name).map(|evidence| match evidence.kind {
        EvidenceKind::Doc | EvidenceKind::Minutes | EvidenceKind::Ref | EvidenceKind::Code => Sort::Word,
        EvidenceKind::People => Sort::List,
        EvidenceKind::Date => Sort::Day,
        EvidenceKind::Int | EvidenceKind::Fen => Sort::Number,
    });
    let fact = || {
        tables.fact.get(name).map(|fact| match fact.kind {
            FactKind::Flag => Sort::Flag,
            FactKind::Int => Sort::Number,
            FactKind::Date => Sort::Day,
            FactKind::People | FactKind::Codes => Sort::List,
        })
    };
    match evidence.or_else(fact) {
        None => Err(format!("没有名为 {name} 的事实或材料")),
        Some(sort) if wanted.is_some_and(|wanted| wanted != sort) => Err(format!("{name} 的类型不符")),
        Some(_) => Ok(()),
    }
}

/// The tables of parameters and predicates themselves.
pub(super) fn tables(found: &mut Found<'_>) {
    let tables = &found.definitions.tables;
    for (name, parameter) in &tables.param {
        if let Some(wrong) = out_of_bounds(parameter) {
            found.in_table("PARAMETER_OUT_OF_BOUNDS", ("param", name), wrong);
        }
    }
    for name in tables.predicate.keys().filter(|name| !is_known(name)) {
        found.in_table("UNKNOWN_PREDICATE", ("predicate", name), "引擎没有这个条件");
    }
    for (name, entry) in &tables.predicate {
        let ours = Definitions::shipped().tables.predicate.get(name);
        if ours.is_some_and(|ours| !same_arguments(ours, entry)) {
            let what = "与引擎的参数不一致";
            found.in_table("WRONG_ARGUMENTS", ("predicate", name), what);
        }
    }
}

fn same_arguments(one: &PredicateEntry, other: &PredicateEntry) -> bool {
    one.params == other.params && one.optional == other.optional
}

fn out_of_bounds(parameter: &Parameter) -> Option<String> {
    if let (Some(min), Some(max)) = (parameter.min, parameter.max)
        && min > max
    {
        return Some(format!("下限 {min} 高于上限 {max}"));
    }
    if parameter.allows(&parameter.default) {
        return None;
    }
    Some(match &parameter.default {
        Setting::Int(n) => format!("缺省值 {n} 超出上下限"),
        Setting::Code(code) => format!("缺省值 {code} 不在可取的值之中"),
    })
}
