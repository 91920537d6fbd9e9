//! Clocks: the last day of what is due, the first day of what must wait, the window of a publicity. They
//! stand still while a case is stopped and, for held steps, while an objection is unanswered; the time is
//! given back in the clock's own unit (process.md part 5, 4 to 6).

use std::{cmp::Reverse, collections::BTreeMap};

use kernel::{Dated, Day, day::add_days};

use super::{
    case::Case,
    circumstances::{Circumstances, OutOfBounds, last_day},
    entry::{Entry, What},
    event::Refused,
    value::Value,
};
use crate::definition::{
    Procedure,
    schema::{Late, Severity, Step, Unit, Wait},
    words::{Number, Start},
};

/// A clock that runs in the present state.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// The step, or the objection that waits for its answer.
    pub step: String,
    /// Which of its deadlines; of an answer, the entry that raised the objection.
    pub number: u32,
    /// True for the answer to an objection.
    pub answer: bool,
    /// The version under which it started.
    pub version: String,
    /// From when it runs.
    pub start: Day,
    /// The last day that is in time.
    pub due: Dated,
    /// It stands still: the case is stopped, or an objection holds the step.
    pub standing: bool,
    /// It counts years: the term of something that stands.
    pub term: bool,
    /// The step is refused afterwards.
    pub hard: bool,
    /// What happens the day after.
    pub late: Option<Late>,
}

/// The first day of a step by one of its waits.
#[derive(Debug, Clone, PartialEq)]
pub struct First {
    /// The day.
    pub day: Day,
    /// Counted with a calendar year missing: no waiting ends on it.
    pub provisional: bool,
    /// Whether an earlier day is accepted with a finding.
    pub warns: bool,
    begun: Begun,
}

#[derive(Debug, Clone, PartialEq)]
struct Begun {
    day: Day,
    seq: Option<u32>,
    version: String,
}

/// How a clock counts: number and unit, and whether the start is the first day.
struct Span<'a> {
    n: &'a Number,
    unit: Unit,
    start_counted: Option<&'a Number>,
}

/// Every clock that runs in the present state, those of steps in the order of the file, then the answers.
pub fn running(c: &Circumstances<'_>, case: &Case) -> Result<Vec<Running>, OutOfBounds> {
    let (Some(state), Some(current)) = (case.state(), case.version()) else {
        return Ok(Vec::new());
    };
    let procedure = &case.opening().procedure;
    let is_end = |version: &Procedure| version.state(state).is_some_and(|s| s.end.is_some());
    if c.definitions.version(procedure, current).is_none_or(is_end) {
        return Ok(Vec::new());
    }
    let mut clocks = Vec::new();
    for version in c.definitions.versions(procedure) {
        if case
            .entries()
            .iter()
            .any(|entry| entry.version == version.version)
        {
            steps_of_version(c, case, version, current, &mut clocks)?;
        }
    }
    answers(c, case, &mut clocks)?;
    Ok(clocks)
}

fn steps_of_version(
    c: &Circumstances<'_>,
    case: &Case,
    version: &Procedure,
    current: &str,
    clocks: &mut Vec<Running>,
) -> Result<(), OutOfBounds> {
    let state = case.state().unwrap_or_default();
    for step in version.steps_of(case.variant()) {
        for (number, due) in (0_u32..).zip(&step.due) {
            let here = due
                .runs_in(step)
                .iter()
                .any(|own| c.definitions.mapped(&version.id, own, &version.version, current) == state);
            if !here {
                continue;
            }
            let Some(begun) = begun(c, case, version, step, &due.from)? else {
                continue;
            };
            if begun.version != version.version || discharged(case, step, &begun) {
                continue;
            }
            let span = Span {
                n: &due.n,
                unit: due.unit,
                start_counted: due.start_counted.as_ref(),
            };
            let pauses = pauses(c, case, Some(step));
            clocks.push(Running {
                step: step.id.clone(),
                number,
                answer: false,
                version: version.version.clone(),
                start: begun.day,
                due: reached(c, &span, begun.day, &pauses)?,
                standing: pauses.iter().any(|(_, to)| to.is_none()),
                term: due.unit == Unit::Years,
                hard: due.hard,
                late: due.late.clone(),
            });
        }
    }
    Ok(())
}

fn answers(c: &Circumstances<'_>, case: &Case, clocks: &mut Vec<Running>) -> Result<(), OutOfBounds> {
    for (raised, objection) in case.open_objections() {
        let definition = c.definitions.version(&case.opening().procedure, &raised.version);
        let answer = definition
            .and_then(|p| p.objection(objection))
            .and_then(|o| o.answer.as_ref());
        let Some(answer) = answer else { continue };
        let span = Span {
            n: &answer.n,
            unit: answer.unit,
            start_counted: None,
        };
        let pauses = pauses(c, case, None);
        clocks.push(Running {
            step: objection.to_owned(),
            number: raised.seq,
            answer: true,
            version: raised.version.clone(),
            start: raised.on,
            due: reached(c, &span, raised.on, &pauses)?,
            standing: pauses.iter().any(|(_, to)| to.is_none()),
            term: false,
            hard: false,
            late: answer.late.clone(),
        });
    }
    Ok(())
}

/// The step was taken after the clock started; of a date, since the present state was entered.
fn discharged(case: &Case, step: &Step, begun: &Begun) -> bool {
    let entered = case.entered().map_or(0, |entry| entry.seq);
    let from = begun.seq.unwrap_or(entered);
    case.taken(&step.id)
        .next_back()
        .is_some_and(|entry| entry.seq > from)
}

fn begun(
    c: &Circumstances<'_>,
    case: &Case,
    version: &Procedure,
    step: &Step,
    from: &[Start],
) -> Result<Option<Begun>, OutOfBounds> {
    let mut latest: Option<(Option<u32>, Begun)> = None;
    for start in from {
        let one = match start {
            Start::Step(step) => case.taken(step).next_back().map(at),
            Start::Enter => case.entered().map(at),
            Start::Earliest => first_days(c, case, version, step, &BTreeMap::new())
                .or_else(|refused| {
                    if refused.code == "FACT_MISSING" {
                        Ok(Vec::new())
                    } else {
                        Err(refused)
                    }
                })
                .map_err(|refused| OutOfBounds(refused.items.into_iter().collect()))?
                .into_iter()
                .max_by_key(|first| first.day)
                .map(|first| {
                    (
                        first.begun.seq,
                        Begun {
                            day: first.day,
                            ..first.begun
                        },
                    )
                }),
            Start::Fact(item) => dated(c, case, item),
        };
        let later = |a: &(Option<u32>, Begun), b: &(Option<u32>, Begun)| (a.0, a.1.day) > (b.0, b.1.day);
        if let Some(one) = one
            && latest.as_ref().is_none_or(|best| later(&one, best))
        {
            latest = Some(one);
        }
    }
    Ok(latest.map(|(_, begun)| begun))
}

fn at(entry: &Entry) -> (Option<u32>, Begun) {
    (
        Some(entry.seq),
        Begun {
            day: entry.on,
            seq: Some(entry.seq),
            version: entry.version.clone(),
        },
    )
}

/// A date: of an evidence it counts from the entry that supplied it, of a fact from nowhere. A date is
/// discharged by state, not by entry: what is due by it is due again when the case comes back.
fn dated(c: &Circumstances<'_>, case: &Case, item: &str) -> Option<(Option<u32>, Begun)> {
    let day = c.item(case, &BTreeMap::new(), item)?.date()?;
    let supplied = case.content(item).map(|content| content.supplied);
    let version = supplied
        .and_then(|seq| case.entries().get(usize::try_from(seq).ok()?))
        .map(|entry| entry.version.as_str())
        .or(case.version())?;
    Some((
        supplied,
        Begun {
            day,
            seq: None,
            version: version.to_owned(),
        },
    ))
}

/// The first days of a step by each of its waits; a fact that is unknown refuses.
pub fn first_days(
    c: &Circumstances<'_>,
    case: &Case,
    version: &Procedure,
    step: &Step,
    given: &BTreeMap<String, Value>,
) -> Result<Vec<First>, Refused> {
    let mut days = Vec::new();
    for wait in step.waits_of(case.variant()) {
        days.extend(first_day(c, case, version, step, wait, given)?);
    }
    Ok(days)
}

fn first_day(
    c: &Circumstances<'_>,
    case: &Case,
    version: &Procedure,
    step: &Step,
    wait: &Wait,
    given: &BTreeMap<String, Value>,
) -> Result<Option<First>, Refused> {
    let mut latest: Option<Begun> = None;
    for start in &wait.from {
        let one = match start {
            Start::Fact(item) => match c.item(case, given, item) {
                None => return Err(Refused::new("FACT_MISSING").about(item)),
                Some(value) => value.date().map(|day| {
                    let current = case.version().unwrap_or(&version.version).to_owned();
                    dated(c, case, item).map_or(
                        Begun {
                            day,
                            seq: None,
                            version: current,
                        },
                        |(_, b)| Begun { day, ..b },
                    )
                }),
            },
            Start::Earliest => None,
            Start::Step(_) | Start::Enter => begun(c, case, version, step, std::slice::from_ref(start))?,
        };
        if let Some(one) = one
            && latest
                .as_ref()
                .is_none_or(|best| (one.seq, one.day) > (best.seq, best.day))
        {
            latest = Some(one);
        }
    }
    let Some(begun) = latest else { return Ok(None) };
    let span = Span {
        n: &wait.n,
        unit: wait.unit,
        start_counted: wait.start_counted.as_ref(),
    };
    let reached = reached(c, &span, begun.day, &pauses(c, case, Some(step)))?;
    let after = match wait.unit {
        Unit::Days | Unit::WorkingDays => 1,
        Unit::Months | Unit::Years => 0,
    };
    let day = add_days(reached.day, after);
    let warns = wait.sev == Some(Severity::Warn);
    Ok(Some(First {
        day,
        provisional: reached.provisional,
        warns,
        begun,
    }))
}

/// The last day of the publicity that the case is in.
pub fn window(c: &Circumstances<'_>, case: &Case) -> Result<Option<Dated>, OutOfBounds> {
    let Some(entered) = case.entered() else {
        return Ok(None);
    };
    let definition = c.definitions.version(&case.opening().procedure, &entered.version);
    let publicity = definition
        .and_then(|p| p.state(&entered.state))
        .and_then(|s| s.publicity.as_ref());
    let Some(publicity) = publicity else {
        return Ok(None);
    };
    let span = Span {
        n: &publicity.n,
        unit: publicity.unit,
        start_counted: publicity.start_counted.as_ref(),
    };
    reached(c, &span, entered.on, &[]).map(Some)
}

/// A time in which the clock stands, open when it still does.
type Pause = (Day, Option<Day>);

/// When the clock of a step stood: in stopped states, and while an objection that holds the step was open.
fn pauses(c: &Circumstances<'_>, case: &Case, step: Option<&Step>) -> Vec<Pause> {
    let procedure = &case.opening().procedure;
    let mut all: Vec<Pause> = Vec::new();
    let mut stopped: Option<Day> = None;
    for entry in case.entries() {
        let version = c.definitions.version(procedure, &entry.version);
        let stops = version
            .and_then(|p| p.state(&entry.state))
            .is_some_and(|state| state.stopped);
        match (stops, stopped) {
            (true, None) => stopped = Some(entry.on),
            (false, Some(from)) => {
                all.push((from, Some(entry.on)));
                stopped = None;
            }
            _ => {}
        }
        if let (What::Objection { objection, .. }, Some(step), Some(version)) = (&entry.what, step, version)
            && version
                .objection(objection)
                .is_some_and(|o| o.states.iter().any(|s| step.leaves(s) && o.holds(step, s)))
        {
            all.push((entry.on, case.answered_on(entry.seq)));
        }
    }
    all.extend(stopped.map(|from| (from, None)));
    merged(all)
}

fn merged(mut all: Vec<Pause>) -> Vec<Pause> {
    all.sort_by_key(|(from, to)| (*from, Reverse(to.is_none())));
    let mut apart: Vec<Pause> = Vec::new();
    for (from, to) in all {
        match apart.last_mut() {
            Some((_, None)) => {}
            Some((_, Some(end))) if from <= *end => match to {
                Some(to) => *end = to.max(*end),
                None => *apart.last_mut().unwrap_or_else(|| unreachable!("just matched")) = (from, None),
            },
            _ => apart.push((from, to)),
        }
    }
    apart
}

/// The day that the span reaches, with what stood still given back.
fn reached(
    c: &Circumstances<'_>,
    span: &Span<'_>,
    start: Day,
    pauses: &[Pause],
) -> Result<Dated, OutOfBounds> {
    let n = c.number(span.n, start)?;
    let counted = span.start_counted.map_or(Ok(0), |flag| c.number(flag, start))? != 0;
    let plain = last_day(c.calendar, start, n, span.unit, counted);
    let back: i64 = pauses
        .iter()
        .filter_map(|(from, to)| Some(((*from).max(start), (*to)?)))
        .filter(|(from, to)| from < to)
        .map(|(from, to)| match span.unit {
            Unit::WorkingDays => c.calendar.working_days_between(from, to),
            Unit::Days | Unit::Months | Unit::Years => (to - from).num_days(),
        })
        .sum();
    if back == 0 {
        return Ok(plain);
    }
    let unit = if span.unit == Unit::WorkingDays {
        Unit::WorkingDays
    } else {
        Unit::Days
    };
    let later = last_day(c.calendar, plain.day, back, unit, false);
    Ok(Dated {
        day: later.day,
        provisional: plain.provisional || later.provisional,
    })
}
