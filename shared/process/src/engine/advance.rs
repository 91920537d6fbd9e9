//! What falls due by itself: a clock may record, escalate or move the case to a `proposed` state, never
//! decide (process.md part 5, 9). Each effect happens once, whoever looks first.

use kernel::{Day, day::add_days};

use super::{
    case::Case,
    circumstances::{Circumstances, OutOfBounds},
    clock::{Running, running},
    entry::{Entry, What},
};

/// The entries of everything that fell due before the day, the earliest first. Asked again it has nothing
/// to add; a provisional day has no effect.
pub fn advance(c: &Circumstances<'_>, case: &Case, before: Day) -> Result<Vec<Entry>, OutOfBounds> {
    let mut now = case.clone();
    let mut entries = Vec::new();
    while let Some(clock) = next(c, &now, before)? {
        let Some(entry) = effect(c, &now, &clock) else {
            break;
        };
        now.append([entry.clone()]);
        entries.push(entry);
    }
    Ok(entries)
}

/// The earliest day after which a clock of the case has an effect that is not recorded yet; `None` when none will
/// while nobody acts. It may be provisional: then nothing happens on it before the calendar is known.
pub fn next_fall(c: &Circumstances<'_>, case: &Case) -> Result<Option<Day>, OutOfBounds> {
    let clocks = running(c, case)?.into_iter();
    let falls = clocks.filter(|clock| clock.late.is_some() && !clock.standing && !recorded(case, clock));
    Ok(falls.map(|clock| clock.due.day).min())
}

fn next(c: &Circumstances<'_>, case: &Case, before: Day) -> Result<Option<Running>, OutOfBounds> {
    let fallen = |clock: &Running| {
        clock.late.is_some() && !clock.standing && !clock.due.provisional && clock.due.day < before
    };
    let clocks = running(c, case)?
        .into_iter()
        .filter(|clock| fallen(clock) && !recorded(case, clock));
    Ok(clocks.min_by_key(|clock| clock.due.day))
}

/// A late effect is unique by case, version, step, number and start of the clock.
fn recorded(case: &Case, clock: &Running) -> bool {
    case.entries().iter().any(|entry| match &entry.what {
        What::Late {
            step,
            number,
            start,
            under,
            ..
        } => {
            *step == clock.step && *number == clock.number && *start == clock.start && *under == clock.version
        }
        _ => false,
    })
}

fn effect(c: &Circumstances<'_>, case: &Case, clock: &Running) -> Option<Entry> {
    let last = case.entries().last()?;
    let late = clock.late.as_ref()?;
    let seq = last.seq + 1;
    let procedure = &case.opening().procedure;
    let goal = late
        .moves_to
        .as_ref()
        .map(|s| c.definitions.mapped(procedure, s, &clock.version, &last.version));
    let moved = goal.filter(|state| *state != last.state);
    Some(Entry {
        seq,
        revision: last.revision,
        on: add_days(clock.due.day, 1).max(last.on),
        person: None,
        right: None,
        version: last.version.clone(),
        since: if moved.is_some() { seq } else { last.since },
        state: moved.unwrap_or_else(|| last.state.clone()),
        organization: last.organization,
        voided: Vec::new(),
        request: None,
        what: What::Late {
            step: clock.step.clone(),
            under: clock.version.clone(),
            number: clock.number,
            start: clock.start,
            due: clock.due.day,
            finding: late.finding.clone(),
            escalate: late.escalate.map(|position| position.to_string()),
        },
    })
}
