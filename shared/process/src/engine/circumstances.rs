//! What a judgement stands on besides the case: definitions, calendar, tree, parameters and facts, all given
//! by the caller.

use std::collections::BTreeMap;

use kernel::{Calendar, Day};

use super::{case::Case, tree::Tree, value::Value};
use crate::definition::{Definitions, schema::Unit, tables::Setting, words::Number};

/// Everything that [`judge`](super::judge) may look at beside the case and the event.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The procedures.
    pub definitions: &'a Definitions,
    /// The official calendar.
    pub calendar: &'a Calendar,
    /// The organizations of the case and everything above them.
    pub tree: &'a Tree,
    /// What the region set.
    pub parameters: &'a Parameters,
    /// What the owners of `[fact]` said before judging.
    pub facts: &'a Facts,
}

/// Facts by their name. A name that is missing is unknown and refuses; [`Value::Nothing`] is a known absence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts(pub BTreeMap<String, Value>);

impl Facts {
    /// The fact, when it is known.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// Parameters of the region, each with the days from which its values hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters(BTreeMap<String, BTreeMap<Day, Setting>>);

/// A parameter lies outside its bounds (`PARAM_OUT_OF_BOUNDS`), or is not in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfBounds(pub String);

impl Parameters {
    /// Sets a value from a day on.
    pub fn set(&mut self, name: impl Into<String>, from: Day, value: Setting) {
        self.0.entry(name.into()).or_default().insert(from, value);
    }

    /// The value in force on the day: the region's, else the shipped one.
    pub fn at(&self, definitions: &Definitions, name: &str, day: Day) -> Result<Setting, OutOfBounds> {
        let out = || OutOfBounds(name.to_owned());
        let parameter = definitions.tables.param.get(name).ok_or_else(out)?;
        let set = self
            .0
            .get(name)
            .and_then(|values| values.range(..=day).next_back());
        let value = set.map_or(&parameter.default, |(_, value)| value);
        if parameter.allows(value) {
            Ok(value.clone())
        } else {
            Err(out())
        }
    }
}

impl Circumstances<'_> {
    /// A number as it stands on the day.
    pub fn number(&self, number: &Number, day: Day) -> Result<i64, OutOfBounds> {
        match number {
            Number::Fixed(n) => Ok(*n),
            Number::Parameter { name, negative } => match self.parameters.at(self.definitions, name, day)? {
                Setting::Int(n) => Ok(if *negative { -n } else { n }),
                Setting::Code(_) => Err(OutOfBounds(name.clone())),
            },
        }
    }

    /// An item: what the event brings, what the case holds, else a fact. Evidence comes from the case alone.
    #[must_use]
    pub fn item(&self, case: &Case, given: &BTreeMap<String, Value>, name: &str) -> Option<Value> {
        if self.definitions.tables.evidence.contains_key(name) {
            let held = given
                .get(name)
                .or_else(|| case.content(name).map(|content| &content.value));
            return Some(held.cloned().unwrap_or(Value::Nothing));
        }
        self.facts.get(name).cloned()
    }
}

/// Whole units as the calendar counts them; `start_counted` says whether the start is the first.
pub(super) fn last_day(
    calendar: &Calendar,
    start: Day,
    n: i64,
    unit: Unit,
    start_counted: bool,
) -> kernel::Dated {
    let months = |each: i64| i32::try_from(n.saturating_mul(each)).unwrap_or(i32::MAX);
    let firm = |day| kernel::Dated {
        day,
        provisional: false,
    };
    match unit {
        Unit::WorkingDays => calendar.add_working_days(start, n, start_counted),
        Unit::Days => firm(kernel::day::add_days(
            start,
            n - i64::from(start_counted && n > 0),
        )),
        Unit::Months => firm(kernel::day::add_months(start, months(1))),
        Unit::Years => firm(kernel::day::add_months(start, months(12))),
    }
}
