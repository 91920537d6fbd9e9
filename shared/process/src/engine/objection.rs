//! Objections: one in time is always taken, on the last day too; its answer has its own deadline and its
//! own person (process.md part 5, 8).

use kernel::Day;

use super::{
    case::Case,
    circumstances::Circumstances,
    clock::window,
    content::stay,
    entry::{Entry, What},
    event::{Actor, Refused},
    right::standing,
};
use crate::definition::{
    Procedure,
    schema::{Effect, Objection, Until},
};

/// Takes an objection.
pub(super) fn object(
    c: &Circumstances<'_>,
    case: &Case,
    procedure: &Procedure,
    (on, by): (Day, &Actor),
    objection: Option<&str>,
    grounds: &str,
) -> Result<Entry, Refused> {
    let state = case.state().unwrap_or_default();
    let fits = |own: &&Objection| own.covers(state) && objection.is_none_or(|id| id == own.id);
    let found = procedure
        .objections
        .iter()
        .find(fits)
        .ok_or_else(|| Refused::new("OBJECTION_NOT_OPEN"))?;
    let held = standing(c, case, &found.who, by).held()?;
    if found.until == Until::Window {
        let last = window(c, case)?.ok_or_else(|| Refused::new("OBJECTION_NOT_OPEN"))?;
        if on > last.day && !last.provisional {
            return Err(Refused::new("OBJECTION_CLOSED"));
        }
    }
    let what = What::Objection {
        objection: found.id.clone(),
        grounds: grounds.to_owned(),
    };
    let mut entry = stay(case, procedure, on, by, held, what)?;
    if found.effect == Effect::Returns {
        go(&mut entry, &found.upheld_to);
    }
    Ok(entry)
}

/// Answers the earliest open objection: by whoever decides, not by whom it is about, not by who raised it.
pub(super) fn answer(
    c: &Circumstances<'_>,
    case: &Case,
    procedure: &Procedure,
    (on, by): (Day, &Actor),
    objection: Option<&str>,
    (upheld, answer): (bool, &str),
) -> Result<Entry, Refused> {
    let unknown = || Refused::new("OBJECTION_UNKNOWN");
    let (raised, id) = case
        .open_objections()
        .find(|(_, id)| objection.is_none_or(|wanted| wanted == *id))
        .ok_or_else(unknown)?;
    let earlier = c.definitions.version(&procedure.id, &raised.version);
    let found = procedure
        .objection(id)
        .or_else(|| earlier?.objection(id))
        .ok_or_else(unknown)?;
    let held = standing(c, case, &found.decider, by).held()?;
    if !is_separate(case, found, raised, by) {
        return Err(Refused::new("SAME_PERSON"));
    }
    let what = What::Answer {
        to: raised.seq,
        objection: id.to_owned(),
        upheld,
        answer: answer.to_owned(),
    };
    let mut entry = stay(case, procedure, on, by, held, what)?;
    if upheld && found.effect == Effect::Blocks && found.covers(&entry.state) {
        go(&mut entry, &found.upheld_to);
    }
    Ok(entry)
}

/// Whether the person neither raised the objection nor took what it is about.
pub(crate) fn is_separate(case: &Case, objection: &Objection, raised: &Entry, by: &Actor) -> bool {
    let took = |step: &String| case.taken(step).any(|entry| entry.person == by.person);
    by.person.is_none() || (raised.person != by.person && !objection.apart.iter().any(took))
}

fn go(entry: &mut Entry, state: &str) {
    if entry.state != state {
        state.clone_into(&mut entry.state);
        entry.since = entry.seq;
    }
}
