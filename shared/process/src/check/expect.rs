//! What a worked case says against what came of it.

use std::{collections::BTreeMap, fmt::Display};

use kernel::Day;

use super::{
    play::Came,
    walk::{Happening, Provisional},
};
use crate::engine::{
    Answer, Circumstances, What,
    clock::{Running, first_days, running, window},
};

/// What differs, what was expected, what came.
type Found = (String, String, String);

pub(super) fn differences(c: &Circumstances<'_>, event: &Happening, came: &Came) -> Vec<Found> {
    let mut found = Vec::new();
    answer(event, came, &mut found);
    state(event, came, &mut found);
    records(event, came, &mut found);
    clocks(c, event, came, &mut found);
    found
}

fn differs(found: &mut Vec<Found>, what: impl Into<String>, expected: impl Display, got: impl Display) {
    let (expected, got) = (expected.to_string(), got.to_string());
    if expected != got {
        found.push((what.into(), expected, got));
    }
}

fn answer(event: &Happening, came: &Came, found: &mut Vec<Found>) {
    if let Some(error) = &came.error {
        found.push(("answer".to_owned(), "时间推移".to_owned(), error.clone()));
    }
    let Some(judgement) = &came.judgement else { return };
    let expected = match (&event.no, event.replay) {
        (Some(code), _) => code.as_str(),
        (None, true) => "重放",
        (None, false) => "受理",
    };
    let got = match &judgement.answer {
        Answer::Accepted(_) => "受理".to_owned(),
        Answer::Replayed(_) => "重放".to_owned(),
        Answer::Refused(refused) if refused.items.is_empty() || refused.code == expected => {
            refused.code.to_string()
        }
        Answer::Refused(refused) => {
            let items: Vec<&str> = refused.items.iter().map(String::as_str).collect();
            format!("{} ({})", refused.code, items.join(", "))
        }
    };
    differs(found, "answer", expected, got);
}

fn state(event: &Happening, came: &Came, found: &mut Vec<Found>) {
    if let Some(state) = &event.state {
        differs(found, "state", state, came.case.state().unwrap_or("（未立案）"));
    }
    if let Some(version) = &event.version {
        let judged = came
            .judgement
            .as_ref()
            .map_or(came.case.version(), |judgement| judgement.version.as_deref());
        differs(found, "version", version, judged.unwrap_or("（无）"));
    }
}

/// Findings and warnings that are not written should not be; the rest is compared where it is written.
fn records(event: &Happening, came: &Came, found: &mut Vec<Found>) {
    let (mut late, mut up, mut warned, mut emitted, mut voided) = (vec![], vec![], vec![], vec![], vec![]);
    for entry in &came.case.entries()[came.from..] {
        match &entry.what {
            What::Late {
                finding, escalate, ..
            } => {
                late.extend(finding.clone());
                up.extend(escalate.clone());
            }
            What::Step { warnings, emits, .. } => {
                warned.extend(warnings.clone());
                emitted.extend(emits.clone());
            }
            What::Adjust { emits, .. } => emitted.extend(emits.clone()),
            What::Objection { .. } | What::Answer { .. } | What::Edit { .. } | What::Version { .. } => {}
        }
        let steps = came
            .case
            .entries()
            .iter()
            .filter(|one| entry.voided.contains(&one.seq));
        voided.extend(steps.filter_map(|one| one.done().map(str::to_owned)));
    }
    if let Some(refused) = came
        .judgement
        .as_ref()
        .and_then(|judgement| judgement.answer.refused())
    {
        warned.extend(refused.warnings.clone());
    }
    differs(found, "found", list(&event.found), list(&late));
    differs(found, "warn", list(&event.warn), list(&warned));
    up.sort();
    up.dedup();
    for (what, expected, got) in [
        ("up", &event.up, up),
        ("emits", &event.emits, emitted),
        ("void", &event.void, voided),
    ] {
        if let Some(expected) = expected {
            differs(found, what, list(expected), list(&got));
        }
    }
}

fn clocks(c: &Circumstances<'_>, event: &Happening, came: &Came, found: &mut Vec<Found>) {
    let clocks: Vec<Running> = match running(c, &came.case) {
        Ok(all) => all.into_iter().filter(|clock| !clock.standing).collect(),
        Err(out) => {
            return found.push((
                "clocks".to_owned(),
                "期限可算".to_owned(),
                format!("PARAM_OUT_OF_BOUNDS ({})", out.0),
            ));
        }
    };
    let of = |name: &str| {
        let named = clocks.iter().filter(|clock| {
            if clock.answer {
                name == "answer"
            } else {
                clock.step == name
            }
        });
        named.map(|clock| clock.due.day).collect::<Vec<_>>()
    };
    for (step, expected) in &event.due {
        let expected: Vec<Day> = expected.all().iter().map(|date| date.0).collect();
        differs(found, format!("due {step}"), list(&expected), list(&of(step)));
    }
    for step in event.silent.all() {
        differs(found, format!("due {step}"), "[]", list(&of(step)));
    }
    for (step, expected) in &event.earliest {
        let got = first(c, came, step);
        differs(
            found,
            format!("earliest {step}"),
            expected.0,
            got.map_or_else(|| "无".to_owned(), |day| day.to_string()),
        );
    }
    if let Some(expected) = &event.window {
        let got = window(c, &came.case).ok().flatten();
        differs(
            found,
            "window",
            expected.0,
            got.map_or_else(|| "无".to_owned(), |last| last.day.to_string()),
        );
    }
    provisional(event, &clocks, found);
}

fn provisional(event: &Happening, clocks: &[Running], found: &mut Vec<Found>) {
    let is: BTreeMap<&str, bool> = clocks.iter().fold(BTreeMap::new(), |mut all, clock| {
        *all.entry(if clock.answer {
            "answer"
        } else {
            clock.step.as_str()
        })
        .or_default() |= clock.due.provisional;
        all
    });
    match &event.prov {
        None => {}
        Some(Provisional::Any(expected)) => differs(found, "prov", expected, is.values().any(|one| *one)),
        Some(Provisional::Of(steps)) => {
            for step in steps.all() {
                differs(
                    found,
                    format!("prov {step}"),
                    true,
                    is.get(step.as_str()).copied().unwrap_or(false),
                );
            }
        }
    }
}

fn first(c: &Circumstances<'_>, came: &Came, step: &str) -> Option<Day> {
    let procedure = c
        .definitions
        .version(&came.case.opening().procedure, came.case.version()?)?;
    let step = procedure.step_of(came.case.variant(), step)?;
    let days = first_days(c, &came.case, procedure, step, &BTreeMap::new()).ok()?;
    days.into_iter().map(|first| first.day).max()
}

fn list(items: &[impl Display]) -> String {
    let mut texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    texts.sort();
    format!("[{}]", texts.join(", "))
}
