//! Numbers with sense: a clock of a length that somebody means, a parameter in the unit of its clock, a publicity of at
//! least one day.

use super::{Found, Here};
use crate::definition::{
    Definitions,
    schema::{Argument, Condition, Unit},
    tables::{Parameter, Setting},
    words::{Number, Start},
};

/// The units of parameters.
const UNITS: [&str; 9] = [
    "working_days",
    "days",
    "months",
    "years",
    "count",
    "fen",
    "basis_points",
    "flag",
    "code",
];
/// Who may set a parameter.
const LEVELS: [&str; 3] = ["province", "city", "county"];
/// A step that is wanted more often is a slip of the pen.
const OFTEN: i64 = 100;

/// The greatest number of a unit, where it has one: days up to a year, months up to five years, years up to twenty.
/// What is longer is written in the next unit; nothing is due in a hundred years.
fn greatest(unit: &str) -> Option<i64> {
    Some(match unit {
        "working_days" => 250,
        "days" => 366,
        "months" => 60,
        "years" => 20,
        "basis_points" => 10_000,
        "flag" => 1,
        _ => return None,
    })
}

fn name(unit: Unit) -> &'static str {
    match unit {
        Unit::WorkingDays => "working_days",
        Unit::Days => "days",
        Unit::Months => "months",
        Unit::Years => "years",
    }
}

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for state in &procedure.states {
        if let Some(publicity) = &state.publicity {
            let path = ["states", &state.id, "publicity"];
            here.span(&path, &publicity.n, name(publicity.unit), 1);
            publicity
                .start_counted
                .iter()
                .for_each(|n| here.span(&path, n, "flag", 0));
        }
    }
    for step in &procedure.steps {
        let path = ["step", &step.id, "wait"];
        for wait in step
            .wait
            .iter()
            .chain(step.more.values().flat_map(|more| &more.wait))
        {
            here.span(&path, &wait.n, name(wait.unit), least(&wait.from, wait.unit));
            wait.start_counted
                .iter()
                .for_each(|n| here.span(&path, n, "flag", 0));
        }
        let path = ["step", &step.id, "due"];
        for due in &step.due {
            here.span(&path, &due.n, name(due.unit), least(&due.from, due.unit));
            due.start_counted
                .iter()
                .for_each(|n| here.span(&path, n, "flag", 0));
        }
        let more = || step.more.values();
        for (key, n) in (step
            .after
            .values()
            .chain(more().flat_map(|more| more.after.values())))
        .map(|n| ("after", n))
        .chain(
            (step
                .ever
                .values()
                .chain(more().flat_map(|more| more.ever.values())))
            .map(|n| ("ever", n)),
        ) {
            here.span(&["step", &step.id, key], n, "count", 1);
        }
        for condition in step.when.iter().chain(more().flat_map(|more| &more.when)) {
            here.arguments(&["step", &step.id, "when"], condition);
        }
    }
    for objection in &procedure.objections {
        if let Some(answer) = &objection.answer {
            let path = ["objection", &objection.id, "answer"];
            here.span(&path, &answer.n, name(answer.unit), 1);
        }
    }
}

/// Only from a date that lies ahead is anything counted backwards.
fn least(from: &[Start], unit: Unit) -> i64 {
    let ahead = from.iter().all(|start| matches!(start, Start::Fact(_)));
    if ahead {
        -greatest(name(unit)).unwrap_or(0)
    } else {
        0
    }
}

/// In what unit a predicate counts an argument.
fn counted(predicate: &str, argument: &str) -> Option<&'static str> {
    Some(match (predicate, argument) {
        ("years_passed" | "abroad_ground", "years") => "years",
        ("not_within_months" | "dated_within", "months")
        | ("extension_fits", "min_months" | "max_months") => "months",
        ("lead_time_at_least" | "heard_or_lapsed", "days") => "working_days",
        ("training_enough", "days") => "days",
        ("seats_contested", "bp") => "basis_points",
        ("count_between" | "named_full_members", "min" | "max") => "count",
        _ => return None,
    })
}

impl Here<'_, '_> {
    /// A number in a unit, not less than `least`.
    fn span(&mut self, path: &[&str], number: &Number, unit: &str, least: i64) {
        let most = match unit {
            "count" => Some(OFTEN),
            _ => greatest(unit),
        };
        let wrong = match number {
            Number::Fixed(n) => outside(*n, *n, least, most),
            Number::Parameter { name, negative } => {
                let Some(parameter) = self.definitions().tables.param.get(name) else {
                    return;
                };
                if parameter.unit != unit {
                    let what = format!("参数 {name} 的单位是 {}，这里按 {unit} 计", parameter.unit);
                    return self.mistake("UNIT_DIFFERS", path, what);
                }
                match (parameter.min, parameter.max) {
                    (Some(min), Some(max)) if *negative => outside(-max, -min, least, most),
                    (Some(min), Some(max)) => outside(min, max, least, most),
                    _ => None,
                }
            }
        };
        if let Some(wrong) = wrong {
            self.mistake("NUMBER_OUT_OF_BOUNDS", path, format!("{number} {unit}：{wrong}"));
        }
    }

    fn arguments(&mut self, path: &[&str], condition: &Condition) {
        let number = |argument: &Argument| match argument {
            Argument::Int(n) => Some(Number::Fixed(*n)),
            Argument::Text(text) => text.parse().ok(),
            Argument::Flag(_) => None,
        };
        for (name, argument) in &condition.arguments {
            if let (Some(unit), Some(number)) = (counted(&condition.p, name), number(argument)) {
                self.span(path, &number, unit, 0);
            }
        }
        let fixed = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| condition.arguments.get(*name));
            found.and_then(number)
        };
        if let (Some(Number::Fixed(min)), Some(Number::Fixed(max))) =
            (fixed(["min", "min_months"]), fixed(["max", "max_months"]))
            && min > max
        {
            let what = format!("{} 的下限 {min} 高于上限 {max}", condition.p);
            self.mistake("WRONG_ARGUMENTS", path, what);
        }
    }
}

fn outside(min: i64, max: i64, least: i64, most: Option<i64>) -> Option<String> {
    if min < least {
        return Some(format!("不得少于 {least}"));
    }
    most.filter(|most| max > *most)
        .map(|most| format!("不得多于 {most}"))
}

/// The table of parameters.
pub(super) fn tables(found: &mut Found<'_>) {
    let definitions: &Definitions = found.definitions;
    for (name, parameter) in &definitions.tables.param {
        if let Some(wrong) = senseless(parameter) {
            found.in_table("PARAMETER_OUT_OF_BOUNDS", ("param", name), wrong);
        }
    }
}

fn senseless(parameter: &Parameter) -> Option<String> {
    let unit = parameter.unit.as_str();
    if !UNITS.contains(&unit) {
        return Some(format!("没有单位 {unit}"));
    }
    if !LEVELS.contains(&parameter.set_by.as_str()) {
        return Some(format!("set_by 应为 {}", LEVELS.join("、")));
    }
    if matches!(parameter.default, Setting::Code(_)) != (unit == "code") {
        return Some(format!("缺省值不合单位 {unit}"));
    }
    if unit == "code" {
        return None;
    }
    let (Some(min), Some(max)) = (parameter.min, parameter.max) else {
        return Some("缺少下限或上限".to_owned());
    };
    outside(min, max, 0, greatest(unit))
}
