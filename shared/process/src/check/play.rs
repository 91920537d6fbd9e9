//! Playing worked cases and comparing, event by event, what should come of them with what does.

use std::{collections::BTreeMap, fmt};

use kernel::{Calendar, Day};
use toml::Value as Written;
use uuid::Uuid;

use super::{
    expect::differences,
    file::{broken, repeated, unknown, whole},
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
            write!(f, "第 {line} 行 ")?;
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
            "例案 {walk} 第 {event} 项（{on} {act}）：{what} 应为 {expected}，实为 {got}"
        )
    }
}

/// What came of all walks.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) differences: Vec<Difference>,
    pub(super) events: usize,
    /// What cannot be played; the other walks are played all the same.
    pub(super) broken: Vec<Broken>,
}

/// Plays every walk of the file.
pub(super) fn play(definitions: &Definitions, file: &File, places: &Places, calendar: &Calendar) -> Played {
    let mut played = Played {
        broken: repeated(file, places),
        ..Played::default()
    };
    let stage = match Stage::of(definitions, file) {
        Ok(stage) => stage,
        Err((path, what)) => {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            played.broken.push(broken(places, &path, String::new(), what));
            return played;
        }
    };
    let table = Table {
        stage: &stage,
        file,
        places,
        calendar,
    };
    for (index, walk) in file.walk.iter().enumerate() {
        if let Err(broken) = table.walk(index, walk, &mut played) {
            played.broken.push(broken);
        }
    }
    played
}

/// Where walks are played.
struct Table<'a> {
    stage: &'a Stage<'a>,
    file: &'a File,
    places: &'a Places,
    calendar: &'a Calendar,
}

impl Table<'_> {
    fn walk(&self, index: usize, walk: &Walk, played: &mut Played) -> Result<(), Broken> {
        let index = index.to_string();
        let about = format!("例案 {}", walk.id);
        let at_walk = |what| broken(self.places, &["walk", &index], about.clone(), what);
        let line = |event: usize| self.places.line(&["walk", &index, "event", &event.to_string()]);
        let whole = whole(self.file, walk, 0).map_err(at_walk)?;
        if whole.event.is_empty() {
            return Err(at_walk("没有任何事项（event）".to_owned()));
        }
        if let Some(unknown) = unknown(self.stage.definitions, &whole) {
            return Err(at_walk(unknown));
        }
        let before = whole.event.len() - walk.event.len();
        let mut player = Player::new(self.stage, self.file, &whole, self.calendar).map_err(at_walk)?;
        for (n, event) in whole.event.iter().enumerate() {
            let own = n.checked_sub(before);
            let came = player.happen(event).map_err(|what| Broken {
                place: Place {
                    line: line(own.unwrap_or(0)),
                    what: about.clone(),
                },
                what,
            })?;
            let Some(own) = own else { continue };
            played.events += 1;
            let act = act_of(event);
            let differences = differences(&player.circumstances(), event, &came);
            played
                .differences
                .extend(differences.into_iter().map(|(what, expected, got)| Difference {
                    walk: walk.id.clone(),
                    event: own + 1,
                    on: event.on,
                    act: act.clone(),
                    what,
                    expected,
                    got,
                    line: line(own),
                }));
        }
        Ok(())
    }
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
        let procedure = walk.procedure.clone().ok_or("没有写 procedure")?;
        if stage.definitions.versions(&procedure).is_empty() {
            return Err(format!("没有规程 {procedure}"));
        }
        let organization = |name: &String| stage.organization(name).ok_or_else(|| format!("没有组织 {name}"));
        let mut parameters = Parameters::default();
        for (name, value) in &walk.params {
            parameters.set(name, Day::MIN, value.clone());
        }
        let opening = Opening {
            procedure,
            variant: walk.variant.clone(),
            subject: Uuid::from_u128(1),
            organization: organization(walk.subject.as_ref().ok_or("没有写 subject")?)?,
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
        let by = happening.by.as_ref().ok_or("没有写 by")?;
        let mut by = self.stage.actor(by).ok_or_else(|| format!("没有人员 {by}"))?;
        if let Some(at) = &happening.at {
            by.at = Some(
                self.stage
                    .organization(at)
                    .ok_or_else(|| format!("没有组织 {at}"))?,
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
            return Err("每个事项写且只写 step、edit、object、answer、adjust、tick 之一".to_owned());
        }
        if let Some(step) = &happening.step {
            return Ok(self.step(step, happening));
        }
        Ok(match happening {
            Happening {
                edit: Some(item), to, ..
            } => {
                let to = to.as_ref().ok_or("写了 edit，没有写 to")?;
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

#[cfg(test)]
mod tests;
