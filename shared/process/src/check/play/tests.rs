//! The work list against the worked cases: what the engine lets somebody do waited for him, and what it refuses him
//! whatever he brings, did not.

use kernel::{Calendar, Day};

use super::{Player, whole};
use crate::{
    check::{SHIPPED_WALKS, stage::Stage, walk},
    definition::Definitions,
    engine::{Act, Answer, Event, as_of, clock::running},
    work::{self, Work},
};

/// A step that somebody tried in a worked case, what waited for him just before, and the code of the refusal.
struct Tried {
    what: String,
    step: String,
    on: Day,
    /// A clock runs on it.
    timed: bool,
    work: Vec<Work>,
    code: Option<String>,
}

impl Tried {
    fn waiting(&self) -> Option<&Work> {
        self.work.iter().find(|work| work.step == self.step)
    }
}

/// Every step of the worked cases that a person tries in a case that is open.
fn tried() -> Vec<Tried> {
    let definitions = Definitions::shipped();
    let (file, _) = walk::read(SHIPPED_WALKS).expect("the shipped walks");
    let stage = Stage::of(definitions, &file).expect("a stage");
    let mut all = Vec::new();
    for walk in &file.walk {
        let walk = whole(&file, walk, 0).expect("a whole walk");
        let mut player = Player::new(&stage, &file, &walk, Calendar::official()).expect("a player");
        for happening in &walk.event {
            player.written.extend(happening.facts.clone());
            player.facts = stage.facts(&player.written, &player.open_cases);
            let event = (!happening.tick).then(|| player.event(happening).expect("an event"));
            let tried = event.and_then(|event| before(&player, &walk.id, event));
            let came = player.happen(happening).expect("a happening");
            let answer = came.judgement.map(|judgement| judgement.answer);
            let code = match &answer {
                Some(Answer::Refused(refused)) => Some(refused.code.to_string()),
                Some(Answer::Replayed(_)) => continue,
                _ => None,
            };
            all.extend(tried.map(|tried| Tried { code, ..tried }));
        }
    }
    all
}

fn before(player: &Player<'_>, walk: &str, event: Event) -> Option<Tried> {
    let Act::Step { step, .. } = &event.act else {
        return None;
    };
    if player.case.state().is_none() || event.by.system {
        return None;
    }
    let procedure = player
        .stage
        .definitions
        .in_force(&player.case.opening().procedure, event.on)?;
    procedure.step_of(player.case.variant(), step)?;
    let (now, _) = as_of(&player.circumstances(), &player.case, event.on).ok()?;
    let clocks = running(&player.circumstances(), &now).ok()?;
    let timed = clocks.iter().any(|clock| clock.step == *step && !clock.standing);
    let work = work::of(&player.circumstances(), &player.case, event.on, Some(&event.by));
    Some(Tried {
        what: format!("{walk}: {step} on {}", event.on),
        step: step.clone(),
        on: event.on,
        timed,
        work: work.ok()?,
        code: None,
    })
}

#[test]
fn what_somebody_may_do_waits_for_him_and_needs_only_what_he_brings() {
    let tried = tried();
    let taken: Vec<&Tried> = tried.iter().filter(|one| one.code.is_none()).collect();
    assert!(taken.iter().filter(|one| one.timed).count() > 150);
    for one in taken {
        let Some(work) = one.waiting() else {
            assert!(!one.timed, "{} did not wait", one.what);
            continue;
        };
        let mut missing = work.missing.iter();
        assert!(
            missing.all(|one| one.code == "EVIDENCE_MISSING"),
            "{}: {:?}",
            one.what,
            work.missing
        );
        assert!(
            work.first_day.is_none_or(|first| first <= one.on),
            "{}: {:?}",
            one.what,
            work.first_day
        );
        assert_eq!(
            work.overdue,
            work.last_day.is_some_and(|last| last < one.on),
            "{}",
            one.what
        );
    }
}

#[test]
fn what_somebody_may_not_do_does_not_wait_for_him() {
    let whatever_he_brings = [
        "ROLE_NOT_ENTITLED",
        "ORG_NOT_ENTITLED",
        "OWN_CASE",
        "SAME_PERSON",
        "NOT_SAME_PERSON",
        "STEP_NOT_LEGAL",
        "CASE_CLOSED",
        "ONLY_ONCE",
        // Nothing that he brings would help: the answer waits.
        "OBJECTION_OPEN",
    ];
    let mut seen = 0;
    for one in tried() {
        let code = one.code.clone().unwrap_or_default();
        if whatever_he_brings.contains(&code.as_str()) {
            seen += 1;
            assert_eq!(one.waiting(), None, "{}: {code}", one.what);
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn what_is_still_missing_is_told_by_the_code_that_would_refuse() {
    let mut seen = 0;
    for one in tried() {
        let code = one.code.clone().unwrap_or_default();
        let Some(work) = one.waiting() else { continue };
        match code.as_str() {
            "STEPS_MISSING" | "HEARING_RUNNING" | "SIDES_MISSING" => {
                seen += 1;
                let told = work.missing.iter().find(|missing| missing.code == code);
                let told = told.unwrap_or_else(|| unreachable!("{}: {code}", one.what));
                assert!(!told.zh.contains(&told.code), "{}", told.zh);
            }
            "TOO_EARLY" | "PUBLICITY_RUNNING" => {
                seen += 1;
                assert!(
                    work.first_day.is_some_and(|first| one.on < first),
                    "{}: {code}",
                    one.what
                );
            }
            _ => {}
        }
    }
    assert!(seen > 20, "{seen}");
}
