//! Predicates (process.md part 2): pure, over facts, evidence, history and the day of the event. What is
//! not known refuses; it never passes.

use std::collections::BTreeMap;

use kernel::{Day, day::add_months};

use super::{case::Case, circumstances::Circumstances, entry::Entry, event::Refused, value::Value};
use crate::definition::{
    schema::{Argument, Condition},
    words::Number,
};

/// Every predicate that the engine knows, with the facts that it reads unasked.
const KNOWN: &[(&str, &[&str])] = &[
    ("holds", &[]),
    ("at_least", &[]),
    ("at_most", &[]),
    ("between", &[]),
    ("equals", &[]),
    ("less_than", &[]),
    ("listed", &[]),
    ("count_between", &[]),
    ("years_passed", &[]),
    ("not_within_months", &[]),
    ("dated_within", &[]),
    ("lead_time_at_least", &[]),
    ("never_did", &[]),
    ("every_side_did", &[]),
    ("heard_or_lapsed", &[]),
    ("no_open_case", &["open_cases"]),
    ("named_full_members", &["unfit_people"]),
    (
        "training_enough",
        &["training_days", "training_hours", "training_exempted"],
    ),
    ("extension_fits", &[]),
    ("abroad_ground", &["settled_abroad", "abroad_since"]),
    ("seats_contested", &["seats", "candidates"]),
];

/// The step that the probation of a member-to-be begins with; `extension_fits` counts from it.
const PROBATION_BEGINS: &str = "assembly_admit";

/// Whether the engine knows the predicate.
#[must_use]
pub fn is_known(predicate: &str) -> bool {
    KNOWN.iter().any(|(name, _)| *name == predicate)
}

/// The facts that a predicate reads beside its arguments.
#[must_use]
pub fn facts_of(predicate: &str) -> &'static [&'static str] {
    KNOWN
        .iter()
        .find(|(name, _)| *name == predicate)
        .map_or(&[], |(_, facts)| facts)
}

/// Why a condition does not hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Unmet {
    /// It is false.
    False,
    /// What it needs is not known.
    Unknown(Refused),
}

impl From<super::circumstances::OutOfBounds> for Unmet {
    fn from(out: super::circumstances::OutOfBounds) -> Self {
        Self::Unknown(out.into())
    }
}

/// What a condition is judged on.
pub(super) struct Question<'a> {
    pub(super) c: &'a Circumstances<'a>,
    pub(super) case: &'a Case,
    pub(super) given: &'a BTreeMap<String, Value>,
    pub(super) on: Day,
}

impl Question<'_> {
    /// Judges one condition.
    pub(super) fn judge(&self, condition: &Condition) -> Result<(), Unmet> {
        let a = Arguments(self, condition);
        let holds = match condition.p.as_str() {
            "holds" => a.item("item")?.flag().ok_or_else(|| a.unknown("item"))?,
            "at_least" => a.value("item")? >= a.int("n")?,
            "at_most" => a.value("item")? <= a.int("n")?,
            "between" => (a.int("min")?..=a.int("max")?).contains(&a.value("item")?),
            "equals" => self.equals(&a)?,
            "less_than" => a.value("item")? < a.value("than")?,
            "listed" => self.listed(&a)?,
            "count_between" => (a.int("min")?..=a.int("max")?).contains(&a.distinct("item")?),
            "years_passed" => self.years_passed(&a)?,
            "not_within_months" => match a.item("item")? {
                Value::Nothing => true,
                value => {
                    value.date().ok_or_else(|| a.unknown("item"))? > months_later(self.on, a.int("months")?)
                }
            },
            "dated_within" => self.dated_within(&a)?,
            "lead_time_at_least" => self.lead_time(&a)?,
            "never_did" => self.case.taken(a.text("step")?).next().is_none(),
            "every_side_did" => self.every_side_did(a.text("step")?),
            "heard_or_lapsed" => self.heard_or_lapsed(&a)?,
            "no_open_case" => !self
                .open_cases()?
                .iter()
                .any(|open| Ok(open.as_str()) == a.text("procedure")),
            "named_full_members" => self.named_full_members(&a)?,
            "training_enough" => self.training_enough(&a)?,
            "extension_fits" => self.extension_fits(&a)?,
            "abroad_ground" => self.abroad_ground(&a)?,
            "seats_contested" => self.seats_contested(a.int("bp")?)?,
            other => return Err(missing(other)),
        };
        if holds { Ok(()) } else { Err(Unmet::False) }
    }

    fn equals(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let own = a.item("item")?;
        if own == Value::Nothing {
            return Err(a.unknown("item"));
        }
        Ok(match a.argument("value")? {
            Argument::Flag(flag) => own == Value::Flag(*flag),
            Argument::Int(n) => own == Value::Int(*n),
            Argument::Text(text) => match text.strip_prefix('@') {
                Some(other) => own == self.known(other)?,
                None => own == Value::Text(text.clone()),
            },
        })
    }

    fn listed(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let value = a.item("item")?;
        let code = value.text().ok_or_else(|| a.unknown("item"))?;
        let list = a.text("list")?;
        Ok(self
            .c
            .definitions
            .tables
            .list
            .get(list)
            .ok_or_else(|| missing(list))?
            .contains_key(code))
    }

    fn years_passed(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let pass = matches!(a.1.arguments.get("absent"), Some(Argument::Text(text)) if text == "pass");
        match a.item("item") {
            Ok(Value::Nothing) if pass => Ok(true),
            Ok(value) => {
                let day = value.date().ok_or_else(|| a.unknown("item"))?;
                Ok(self.on >= months_later(day, a.int("years")?.saturating_mul(12)))
            }
            Err(unknown) => Err(unknown),
        }
    }

    fn dated_within(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let day = a.item("item")?.date().ok_or_else(|| a.unknown("item"))?;
        let base = match a.text("base")? {
            "@on" => self.on,
            item => self.known(item)?.date().ok_or_else(|| missing(item))?,
        };
        Ok(base < day && day <= months_later(base, a.int("months")?))
    }

    /// Only days of loaded years count as firm; a lead that needs others is not proven (`CALENDAR_MISSING`).
    fn lead_time(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let day = a.item("item")?.date().ok_or_else(|| a.unknown("item"))?;
        let days = a.int("days")?;
        if self.c.calendar.working_days_between(self.on, day) < days {
            return Ok(false);
        }
        if self.c.calendar.add_working_days(self.on, days, false).provisional {
            return Err(Unmet::Unknown(Refused::new("CALENDAR_MISSING")));
        }
        Ok(true)
    }

    fn every_side_did(&self, step: &str) -> bool {
        let since = self.case.entered().map_or(0, |entry| entry.seq);
        let done: Vec<&Entry> = self.case.taken(step).filter(|entry| entry.seq > since).collect();
        self.case.opening().sides.iter().all(|side| {
            done.iter()
                .any(|e| e.right.is_some_and(|held| held.organization == Some(*side)))
        })
    }

    fn heard_or_lapsed(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let since = a.text("since")?;
        let Some(start) = self.case.taken(since).next_back() else {
            return Err(missing(since));
        };
        if self
            .case
            .taken(a.text("step")?)
            .any(|entry| entry.seq > start.seq)
        {
            return Ok(true);
        }
        let last = self.c.calendar.add_working_days(start.on, a.int("days")?, false);
        if self.on <= last.day {
            return Ok(false);
        }
        if last.provisional {
            return Err(Unmet::Unknown(Refused::new("CALENDAR_MISSING")));
        }
        Ok(true)
    }

    fn open_cases(&self) -> Result<Vec<String>, Unmet> {
        match self.known("open_cases")? {
            Value::Codes(codes) => Ok(codes),
            _ => Err(missing("open_cases")),
        }
    }

    fn named_full_members(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let Value::People(named) = a.item("item")? else {
            return Err(a.unknown("item"));
        };
        let Value::People(unfit) = self.known("unfit_people")? else {
            return Err(missing("unfit_people"));
        };
        let different = a.distinct("item")?;
        let fits = |person| !unfit.contains(person) && Some(*person) != self.case.opening().person;
        Ok((a.int("min")?..=a.int("max")?).contains(&different)
            && i64::try_from(named.len()) == Ok(different)
            && named.iter().all(fits))
    }

    /// Days or hours reached, or excused; not to be excused is the rule, so that it need not be said.
    fn training_enough(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let fact = |name: &str| self.c.facts.get(name);
        if fact("training_exempted").and_then(Value::flag) == Some(true) {
            return Ok(true);
        }
        let enough = |name: &str, least: i64| fact(name).and_then(Value::int).map(|n| n >= least);
        match (
            enough("training_days", a.int("days")?),
            enough("training_hours", a.int("hours")?),
        ) {
            (Some(true), _) | (_, Some(true)) => Ok(true),
            (None, _) => Err(missing("training_days")),
            (_, None) => Err(missing("training_hours")),
            (Some(false), Some(false)) => Ok(false),
        }
    }

    /// Probation runs one year from the assembly that admitted; the extension is counted from its end.
    fn extension_fits(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let day = a.item("item")?.date().ok_or_else(|| a.unknown("item"))?;
        let admitted = self
            .case
            .taken(PROBATION_BEGINS)
            .next_back()
            .ok_or_else(|| missing(PROBATION_BEGINS))?;
        let end = months_later(admitted.on, 12);
        Ok(months_later(end, a.int("min_months")?) <= day && day <= months_later(end, a.int("max_months")?))
    }

    fn abroad_ground(&self, a: &Arguments<'_>) -> Result<bool, Unmet> {
        let settled = self.c.facts.get("settled_abroad").and_then(Value::flag);
        let since = self.c.facts.get("abroad_since");
        if settled == Some(true) {
            return Ok(true);
        }
        match since.and_then(Value::date) {
            Some(since) => Ok(self.on > months_later(since, a.int("years")?.saturating_mul(12))),
            None if settled.is_none() => Err(missing("settled_abroad")),
            None => Ok(false),
        }
    }

    /// 差额: at least seats × (1 + bp/10 000), rounded up.
    fn seats_contested(&self, bp: i64) -> Result<bool, Unmet> {
        let number = |name: &str| self.known(name)?.int().ok_or_else(|| missing(name));
        let (seats, candidates) = (number("seats")?, number("candidates")?);
        Ok(candidates.saturating_mul(10_000) >= seats.saturating_mul(10_000 + bp))
    }

    fn known(&self, item: &str) -> Result<Value, Unmet> {
        self.c
            .item(self.case, self.given, item)
            .ok_or_else(|| missing(item))
    }
}

/// The arguments of a condition, read as what the predicate wants.
struct Arguments<'a>(&'a Question<'a>, &'a Condition);

impl Arguments<'_> {
    fn argument(&self, name: &str) -> Result<&Argument, Unmet> {
        self.1.arguments.get(name).ok_or_else(|| missing(name))
    }

    fn text(&self, name: &str) -> Result<&str, Unmet> {
        match self.argument(name)? {
            Argument::Text(text) => Ok(text),
            Argument::Flag(_) | Argument::Int(_) => Err(missing(name)),
        }
    }

    fn int(&self, name: &str) -> Result<i64, Unmet> {
        let number = match self.argument(name)? {
            Argument::Int(n) => Number::Fixed(*n),
            Argument::Text(text) => text.parse().map_err(|_| missing(name))?,
            Argument::Flag(_) => return Err(missing(name)),
        };
        Ok(self.0.c.number(&number, self.0.on)?)
    }

    fn item(&self, name: &str) -> Result<Value, Unmet> {
        self.0.known(self.text(name)?)
    }

    fn value(&self, name: &str) -> Result<i64, Unmet> {
        self.item(name)?.int().ok_or_else(|| self.unknown(name))
    }

    fn distinct(&self, name: &str) -> Result<i64, Unmet> {
        self.item(name)?.distinct().ok_or_else(|| self.unknown(name))
    }

    /// The item behind the argument is not known, or is of another type.
    fn unknown(&self, name: &str) -> Unmet {
        missing(self.text(name).unwrap_or(name))
    }
}

fn missing(item: &str) -> Unmet {
    Unmet::Unknown(Refused::new("FACT_MISSING").about(item))
}

fn months_later(day: Day, months: i64) -> Day {
    add_months(day, i32::try_from(months).unwrap_or(i32::MAX))
}
