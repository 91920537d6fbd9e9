//! Playing worked cases and comparing, event by event, what should come of them with what does.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use kernel::{Calendar, Day};
use toml::Value as Written;
use uuid::Uuid;

use super::{
    expect::differences,
    stage::Stage,
    walk::{File, Happening, Verdict, Walk},
};
use crate::{
    definition::{Broken, Definitions, Place, Places},
    engine::{
        Act, Answer, Case, Circumstances, Event, Facts, Judgement, Opening, Parameters, Saw, advance, judge,
    },
};

/// One thing that came out otherwise than a worked case says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The walk.
    pub walk: String,
    /// Which of its events, from 1.
    pub event: usize,
    /// Its day.
    pub on: Day,
    /// What the event is: the step, or what else is done.
    pub act: String,
    /// What differs: `state`, `due agree`, `found`.
    pub what: String,
    /// What the walk says.
    pub expected: String,
    /// What the engine says.
    pub got: String,
    /// Line of the event.
    pub line: Option<usize>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        let Self {
            walk,
            event,
            on,
            act,
            what,
            expected,
            got,
            ..
        } = self;
        write!(
            f,
            "walk {walk}, event {event} ({on} {act}): {what}: expected {expected}, got {got}"
        )
    }
}

/// Plays every walk of the file.
pub(super) fn play(
    definitions: &Definitions,
    file: &File,
    places: &Places,
    calendar: &Calendar,
) -> Result<(Vec<Difference>, usize), Broken> {
    let stage = Stage::of(definitions, file).map_err(|what| Broken {
        place: Place::default(),
        what,
    })?;
    let mut all = Vec::new();
    let mut events = 0;
    for (index, walk) in file.walk.iter().enumerate() {
        let index = index.to_string();
        let place = |event: usize| {
            let event = event.to_string();
            Place {
                line: places.line(&["walk", &index, "event", &event]),
                what: format!("walk {}", walk.id),
            }
        };
        let at_walk = |what| Broken {
            place: Place {
                line: places.line(&["walk", &index]),
                what: format!("walk {}", walk.id),
            },
            what,
        };
        let whole = whole(file, walk, 0).map_err(at_walk)?;
        let before = whole.event.len() - walk.event.len();
        let mut player = Player::new(&stage, file, &whole, calendar).map_err(at_walk)?;
        for (n, event) in whole.event.iter().enumerate() {
            let own = n.checked_sub(before);
            let came = player.happen(event).map_err(|what| Broken {
                place: place(own.unwrap_or(0)),
                what,
            })?;
            let Some(own) = own else { continue };
            events += 1;
            let act = act_of(event);
            all.extend(
                differences(&player.circumstances(), event, &came)
                    .into_iter()
                    .map(|(what, expected, got)| {
                        let line = place(own).line;
                        Difference {
                            walk: walk.id.clone(),
                            event: own + 1,
                            on: event.on,
                            act: act.clone(),
                            what,
                            expected,
                            got,
                            line,
                        }
                    }),
            );
        }
    }
    Ok((all, events))
}

fn act_of(event: &Happening) -> String {
    let edit = event.edit.as_ref().map(|item| format!("edit {item}"));
    let other = [
        ("object", event.object.is_some()),
        ("answer", event.answer.is_some()),
        ("adjust", event.adjust.is_some()),
    ];
    let other = other
        .iter()
        .find(|(_, is)| *is)
        .map(|(name, _)| (*name).to_owned());
    event
        .step
        .clone()
        .or(edit)
        .or(other)
        .unwrap_or_else(|| "tick".to_owned())
}

/// A walk with the events of the one that it goes on from; what it says itself goes before.
fn whole(file: &File, walk: &Walk, depth: usize) -> Result<Walk, String> {
    let Some(like) = &walk.like else {
        return Ok(walk.clone());
    };
    let base = file
        .walk
        .iter()
        .find(|other| other.id == *like && depth < file.walk.len());
    let base = whole(
        file,
        base.ok_or_else(|| format!("like = {like:?} leads to no walk"))?,
        depth + 1,
    )?;
    let upto = walk.upto.unwrap_or(base.event.len());
    if upto > base.event.len() {
        return Err(format!(
            "upto = {upto}, but {like} has {} events",
            base.event.len()
        ));
    }
    let over = |own: &Option<String>, base: Option<String>| own.clone().or(base);
    Ok(Walk {
        procedure: over(&walk.procedure, base.procedure),
        variant: over(&walk.variant, base.variant),
        subject: over(&walk.subject, base.subject),
        target: over(&walk.target, base.target),
        person: over(&walk.person, base.person),
        side: walk.side.clone().or(base.side),
        facts: base.facts.into_iter().chain(walk.facts.clone()).collect(),
        params: base.params.into_iter().chain(walk.params.clone()).collect(),
        open_cases: base
            .open_cases
            .into_iter()
            .chain(walk.open_cases.clone())
            .collect(),
        event: base
            .event
            .into_iter()
            .take(upto)
            .chain(walk.event.clone())
            .collect(),
        ..walk.clone()
    })
}

/// What came of an event.
pub(super) struct Came {
    pub(super) case: Case,
    pub(super) from: usize,
    /// Absent when only time passed.
    pub(super) judgement: Option<Judgement>,
    pub(super) error: Option<String>,
}

struct Player<'a> {
    stage: &'a Stage<'a>,
    calendar: &'a Calendar,
    case: Case,
    written: BTreeMap<String, Written>,
    open_cases: Vec<String>,
    facts: Facts,
    parameters: Parameters,
}

impl<'a> Player<'a> {
    fn new(stage: &'a Stage<'a>, file: &File, walk: &Walk, calendar: &'a Calendar) -> Result<Self, String> {
        let procedure = walk.procedure.clone().ok_or("procedure is missing")?;
        if stage.definitions.versions(&procedure).is_empty() {
            return Err(format!("procedure {procedure} is not defined"));
        }
        let organization = |name: &String| {
            stage
                .organization(name)
                .ok_or_else(|| format!("{name} is no org"))
        };
        let mut parameters = Parameters::default();
        for (name, value) in &walk.params {
            parameters.set(name, Day::MIN, value.clone());
        }
        let opening = Opening {
            procedure,
            variant: walk.variant.clone(),
            subject: Uuid::from_u128(1),
            organization: organization(walk.subject.as_ref().ok_or("subject is missing")?)?,
            person: walk.person.as_deref().map(|name| {
                stage
                    .actor(name)
                    .and_then(|actor| actor.person)
                    .unwrap_or_else(|| stage.person(name))
            }),
            target: walk.target.as_ref().map(organization).transpose()?,
            sides: walk
                .side
                .iter()
                .flat_map(|side| side.all())
                .map(organization)
                .collect::<Result<_, _>>()?,
        };
        let written = file
            .default
            .facts
            .clone()
            .into_iter()
            .chain(walk.facts.clone())
            .collect();
        let open_cases = walk.open_cases.clone();
        let facts = Facts::default();
        Ok(Self {
            stage,
            calendar,
            case: Case::new(opening),
            written,
            open_cases,
            facts,
            parameters,
        })
    }

    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            definitions: self.stage.definitions,
            calendar: self.calendar,
            tree: &self.stage.tree,
            parameters: &self.parameters,
            facts: &self.facts,
        }
    }

    fn happen(&mut self, happening: &Happening) -> Result<Came, String> {
        self.written.extend(happening.facts.clone());
        self.facts = self.stage.facts(&self.written, &self.open_cases);
        let from = self.case.entries().len();
        let came = |case: &Case, judgement, error| Came {
            case: case.clone(),
            from,
            judgement,
            error,
        };
        if happening.tick {
            return Ok(match advance(&self.circumstances(), &self.case, happening.on) {
                Ok(entries) => {
                    self.case.append(entries);
                    came(&self.case, None, None)
                }
                Err(out) => came(&self.case, None, Some(format!("PARAM_OUT_OF_BOUNDS ({})", out.0))),
            });
        }
        let event = self.event(happening)?;
        let judgement = judge(&self.circumstances(), &self.case, &event);
        self.case.append(judgement.late.iter().cloned());
        if let Answer::Accepted(entries) = &judgement.answer {
            self.case.append(entries.iter().cloned());
        }
        Ok(came(&self.case, Some(judgement), None))
    }

    fn event(&self, happening: &Happening) -> Result<Event, String> {
        let by = happening.by.as_ref().ok_or("by is missing")?;
        let mut by = self.stage.actor(by).ok_or_else(|| format!("{by} is no actor"))?;
        if let Some(at) = &happening.at {
            by.at = Some(
                self.stage
                    .organization(at)
                    .ok_or_else(|| format!("{at} is no org"))?,
            );
        }
        let act = self.act(happening)?;
        Ok(Event {
            on: happening.on,
            by,
            seen: happening.seen,
            key: happening.key.clone(),
            act,
        })
    }

    fn act(&self, happening: &Happening) -> Result<Act, String> {
        let named = [
            happening.step.is_some(),
            happening.edit.is_some(),
            happening.object.is_some(),
            happening.answer.is_some(),
            happening.adjust.is_some(),
        ];
        if named.iter().filter(|is| **is).count() != 1 {
            return Err("an event is one of step, edit, object, answer, adjust, tick".to_owned());
        }
        if let Some(step) = &happening.step {
            return Ok(self.step(step, happening));
        }
        Ok(match happening {
            Happening {
                edit: Some(item), to, ..
            } => {
                let to = to.as_ref().ok_or("edit without to")?;
                Act::Edit {
                    item: item.clone(),
                    value: self.stage.value(item, to),
                }
            }
            Happening {
                object: Some(grounds),
                ..
            } => Act::Object {
                objection: None,
                grounds: grounds.clone(),
            },
            Happening {
                answer: Some(verdict),
                ..
            } => Act::Answer {
                objection: None,
                upheld: *verdict == Verdict::Upheld,
                answer: String::new(),
            },
            other => Act::Adjust {
                note: other.adjust.clone().unwrap_or_default(),
            },
        })
    }

    fn step(&self, id: &str, happening: &Happening) -> Act {
        let procedure = self
            .stage
            .definitions
            .in_force(&self.case.opening().procedure, happening.on);
        let step = procedure.and_then(|p| p.step_of(self.case.variant(), id));
        let evidence = match step {
            Some(step) => self
                .stage
                .evidence(step, self.case.variant(), happening, &self.written),
            None => BTreeMap::new(),
        };
        let saw = happening
            .saw
            .iter()
            .map(|(item, value)| (item.clone(), self.stage.value(item, value).hash()));
        Act::Step {
            step: id.to_owned(),
            evidence,
            vote: step.and_then(|step| self.stage.vote(step, happening)),
            saw: Saw::Each(saw.collect()),
        }
    }
}

/// Steps of procedures that no walk takes: what nobody has tried yet.
pub(super) fn untried(definitions: &Definitions, file: &File) -> BTreeSet<String> {
    let mut tried: BTreeSet<(String, String)> = BTreeSet::new();
    for walk in &file.walk {
        let Ok(whole) = whole(file, walk, 0) else { continue };
        let Some(procedure) = whole.procedure else {
            continue;
        };
        tried.extend(
            whole
                .event
                .iter()
                .filter_map(|e| Some((procedure.clone(), e.step.clone()?))),
        );
    }
    let all = definitions
        .procedures()
        .flat_map(|p| p.steps.iter().map(|step| (p.id.clone(), step.id.clone())));
    all.filter(|step| !tried.contains(step))
        .map(|(procedure, step)| format!("{procedure}.{step}"))
        .collect()
}

#[cfg(test)]
mod tests;
