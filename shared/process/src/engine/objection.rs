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
    right::{Standing, standing},
};
use crate::definition::{
    Definitions, Procedure,
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
    let found = raised_as(c.definitions, procedure, raised).ok_or_else(unknown)?;
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

/// The objection that an entry raised: as the version has it, or the one under which it was raised.
pub(crate) fn raised_as<'a>(
    definitions: &'a Definitions,
    procedure: &'a Procedure,
    raised: &Entry,
) -> Option<&'a Objection> {
    let What::Objection { objection, .. } = &raised.what else {
        return None;
    };
    let earlier = || {
        definitions
            .version(&procedure.id, &raised.version)?
            .objection(objection)
    };
    procedure.objection(objection).or_else(earlier)
}

/// Whether a person is told what an objection says and what was answered: who raised it, and who may answer it on the
/// day. It may name people, and speak of those who would read it.
pub(crate) fn is_told(c: &Circumstances<'_>, case: &Case, raised: &Entry, (on, by): (Day, &Actor)) -> bool {
    let his = by.person.is_some() && raised.person == by.person;
    let may_answer = |found: &Objection| {
        let may = standing(c, case, &found.decider, by);
        matches!(may, Standing::May(_)) && is_separate(case, found, raised, by)
    };
    let procedure = c.definitions.in_force(&case.opening().procedure, on);
    his || procedure
        .and_then(|procedure| raised_as(c.definitions, procedure, raised))
        .is_some_and(may_answer)
}

/// Whether the person neither raised the objection nor took what it is about.
pub(crate) fn is_separate(case: &Case, objection: &Objection, raised: &Entry, by: &Actor) -> bool {
    let took = |step: &String| case.taken(step).any(|entry| entry.person == by.person);
    by.person.is_none() || (raised.person != by.person && !objection.apart.iter().any(took))
}

/// The objection, where a case is public for it: taken in the state of the case, and behind the publicity that it
/// belongs to, without having left its states since. One that belongs to none, such as one to a site in the register,
/// follows whatever publicity there was.
pub(crate) fn open_to_all<'a>(
    definitions: &'a Definitions,
    case: &Case,
    on: Day,
    objection: &str,
) -> Option<&'a Objection> {
    let id = &case.opening().procedure;
    let procedure = definitions.in_force(id, on)?;
    let objection = procedure.objection(objection)?;
    let shows = |state: &String| {
        procedure
            .state(state)
            .is_some_and(|state| state.publicity.is_some())
    };
    let now = |entry: &Entry| definitions.mapped(id, &entry.state, &entry.version, &procedure.version);
    let passed: Vec<String> = case.entries().iter().rev().map(now).collect();
    let here = passed.iter().take_while(|state| objection.covers(state)).count();
    let behind = match objection.states.iter().any(shows) {
        true => passed.get(..here)?,
        false => &passed,
    };
    (here > 0 && behind.iter().any(shows)).then_some(objection)
}

fn go(entry: &mut Entry, state: &str) {
    if entry.state != state {
        state.clone_into(&mut entry.state);
        entry.since = entry.seq;
    }
}

#[cfg(test)]
mod tests {
    use kernel::id::OrganizationId;
    use uuid::Uuid;

    use super::*;
    use crate::engine::{Opening, Outcome};

    /// A case that has passed through some states, and whether anybody may raise the objection against it.
    fn open(procedure: &str, objection: &str, states: &[&str]) -> bool {
        let definitions = Definitions::shipped();
        let on = "2026-02-02".parse().expect("a day");
        let version = &definitions.in_force(procedure, on).expect("in force").version;
        let organization = OrganizationId(Uuid::from_u128(1));
        let opening = Opening {
            procedure: procedure.to_owned(),
            variant: None,
            subject: Uuid::from_u128(2),
            organization,
            person: None,
            target: None,
            sides: Vec::new(),
        };
        let entries = (0..).zip(states).map(|(seq, state)| Entry {
            seq,
            revision: seq + 1,
            on,
            person: None,
            right: None,
            version: version.clone(),
            state: (*state).to_owned(),
            since: seq,
            organization,
            voided: Vec::new(),
            request: None,
            what: What::Step {
                step: "step".to_owned(),
                outcome: Outcome::Done,
                evidence: [].into(),
                vote: None,
                binds: [].into(),
                warnings: Vec::new(),
                emits: Vec::new(),
            },
        });
        open_to_all(definitions, &Case::fold(opening, entries), on, objection).is_some()
    }

    #[test]
    fn a_case_is_public_from_the_publicity_of_the_objection_until_it_leaves_the_objection_s_states() {
        let five = [
            "resolved",
            "public_local",
            "county_review",
            "naming_proposed",
            "county_public",
            "to_name",
        ];
        assert!(!open("star_rating", "local", &five[..1]), "before any publicity");
        assert!(open("star_rating", "local", &five[..2]));
        assert!(
            !open("star_rating", "county", &five[..2]),
            "of the committee's publicity"
        );
        for shown_by_the_committee_alone in [&five[..3], &five[..4]] {
            assert!(!open("star_rating", "county", shown_by_the_committee_alone));
            assert!(!open("star_rating", "local", shown_by_the_committee_alone));
        }
        assert!(open("star_rating", "county", &five[..5]));
        assert!(
            open("star_rating", "county", &five),
            "after the window, until it is named (S-311)"
        );
        let again = [
            &five[..],
            &["returned", "resolved", "public_local", "county_review"],
        ]
        .concat();
        assert!(!open("star_rating", "county", &again), "of the round before");
    }

    #[test]
    fn an_objection_without_a_publicity_of_its_own_follows_whatever_publicity_there_was() {
        assert!(!open("demo_site", "standing", &["applied", "listed"]));
        assert!(open("demo_site", "standing", &["applied", "public", "listed"]));
        assert!(!open("demo_site", "standing", &["applied", "public"]));
    }
}
