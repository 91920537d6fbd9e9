//! What a chart says in Chinese, and how wide it is.

use kernel::{Relation, role::Anchor};

use crate::definition::{
    Definitions,
    schema::{Due, Unit},
    tables::Setting,
    words::{Number, Right, Start},
};

/// Who takes a step.
pub(super) fn who(rights: &[Right]) -> String {
    let all: Vec<String> = rights.iter().map(|right| one(*right)).collect();
    all.join("、")
}

fn one(right: Right) -> String {
    let anchor = match right.0.anchor {
        Anchor::Subject => "",
        Anchor::Target => "对方",
        Anchor::Side => "各方",
    };
    let place = match right.0.relation {
        Relation::SelfPerson | Relation::Engine | Relation::Public => {
            return right.0.role.name_zh().to_owned();
        }
        Relation::Own => "本级",
        Relation::Parent => "直接上级",
        Relation::Superior => "上级党委",
        Relation::Upper => "再上一级",
        Relation::County => "县级",
        Relation::City => "市级",
        Relation::Province => "省级",
        Relation::Ancestor => "任一上级",
        Relation::Common => "共同上级",
        Relation::Any => "任一组织",
    };
    format!("{}（{anchor}{place}）", right.0.role.name_zh())
}

/// By when a step is in time: the shipped value where a region may set it.
pub(super) fn by_when(definitions: &Definitions, due: &Due) -> String {
    let n = number(definitions, &due.n);
    let unit = unit(due.unit);
    let facts = due.from.iter().filter_map(|start| match start {
        Start::Fact(item) => Some(name(definitions, item)),
        Start::Earliest => Some("可办之日"),
        Start::Step(_) | Start::Enter => None,
    });
    let from: Vec<&str> = facts.collect();
    let from = from.join("、");
    match (n.signum(), from.is_empty()) {
        (0, true) => "当日".to_owned(),
        (0, false) => format!("{from}当日"),
        (1, true) => format!("{n}{unit}内"),
        (1, false) => format!("{from}后{n}{unit}内"),
        _ => format!("{from}前{}{unit}", -n),
    }
}

/// How long something takes, by the shipped value.
pub(super) fn how_long(definitions: &Definitions, n: &Number, of: Unit) -> String {
    format!("{}{}", number(definitions, n), unit(of))
}

fn number(definitions: &Definitions, number: &Number) -> i64 {
    match number {
        Number::Fixed(n) => *n,
        Number::Parameter { name, negative } => {
            let parameter = definitions.tables.param.get(name);
            match parameter.map(|parameter| &parameter.default) {
                Some(Setting::Int(n)) if *negative => -n,
                Some(Setting::Int(n)) => *n,
                Some(Setting::Code(_)) | None => 0,
            }
        }
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::WorkingDays => "个工作日",
        Unit::Days => "天",
        Unit::Months => "个月",
        Unit::Years => "年",
    }
}

fn name<'a>(definitions: &'a Definitions, item: &'a str) -> &'a str {
    let tables = &definitions.tables;
    let evidence = tables.evidence.get(item).map(|one| one.name_zh.as_str());
    let fact = || tables.fact.get(item).map(|one| one.name_zh.as_str());
    evidence.or_else(fact).unwrap_or(item)
}

/// Width of a text in letters of a size: whole for Chinese, somewhat more than half for Latin.
pub(super) fn width(text: &str, size: i32) -> i32 {
    text.chars().map(|letter| advance(letter, size)).sum()
}

fn advance(letter: char, size: i32) -> i32 {
    if letter.is_ascii() { size * 3 / 5 } else { size }
}

/// The text in lines that are no wider than this; no line begins with a mark that closes.
pub(super) fn wrapped(text: &str, size: i32, most: i32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut filled = 0;
    for letter in text.chars() {
        let closes = "，。、；：）〕”".contains(letter);
        if filled + advance(letter, size) > most && !closes {
            lines.push(String::new());
            filled = 0;
        }
        filled += advance(letter, size);
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
    lines
}
