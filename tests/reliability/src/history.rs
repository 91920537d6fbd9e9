//! What was asked and what came of it. An answer that did not come is no answer: the write may be there or not, but
//! never twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tonic::{Code, Status};

use crate::{county::reason, row::Bad};

/// A write, by its number in the run.
pub type Number = u64;

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was acknowledged.
    Done,
    /// It was refused: it is not there.
    Refused(String),
    /// Nobody knows.
    Unknown(String),
}

impl Outcome {
    /// What an answer says.
    pub fn of<A>(answer: &Result<A, Status>) -> Self {
        match answer {
            Ok(_) => Self::Done,
            Err(status) => match status.code() {
                Code::Cancelled
                | Code::Unknown
                | Code::DeadlineExceeded
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss => Self::Unknown(reason(status)),
                _ => Self::Refused(reason(status)),
            },
        }
    }
}

/// Everything that was asked. Shared by all who ask.
#[derive(Debug, Default)]
pub struct History(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    done: BTreeSet<Number>,
    unknown: BTreeSet<Number>,
    refused: BTreeMap<Number, String>,
    reasons: BTreeMap<String, u64>,
}

impl History {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what came of a write; a later answer stands over an earlier one.
    pub fn note(&self, number: Number, outcome: Outcome) {
        let mut known = self.known();
        match outcome {
            Outcome::Done => {
                known.unknown.remove(&number);
                known.done.insert(number);
            }
            Outcome::Unknown(why) => {
                *known.reasons.entry(why).or_default() += 1;
                known.unknown.insert(number);
            }
            Outcome::Refused(why) => {
                *known.reasons.entry(why.clone()).or_default() += 1;
                if !known.unknown.contains(&number) {
                    known.refused.insert(number, why);
                }
            }
        }
    }

    /// What was acknowledged so far.
    #[must_use]
    pub fn done(&self) -> BTreeSet<Number> {
        self.known().done.clone()
    }

    /// How much that is.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.known().done.len() as u64
    }

    /// What nobody knows of.
    #[must_use]
    pub fn unknown(&self) -> BTreeSet<Number> {
        self.known().unknown.clone()
    }

    /// How often each refusal and each silence came, in words.
    #[must_use]
    pub fn reasons(&self) -> String {
        let known = self.known();
        let all: Vec<String> = known
            .reasons
            .iter()
            .map(|(why, count)| format!("{count} {why}"))
            .collect();
        all.join(", ")
    }

    /// Whether what was acknowledged before somebody looked is there, each once, as he saw it.
    pub fn check(&self, before: &BTreeSet<Number>, seen: &Seen, bad: &mut Bad) {
        for number in before {
            match seen.count(*number) {
                1 => {}
                0 => bad.add("lost", format!("write {number}, {}", seen.place)),
                _ => {}
            }
        }
        for (number, count) in seen.each() {
            bad.unless(count == 1, "doubled", format!("write {number}, {}", seen.place));
        }
    }
}

/// What somebody saw who looked for the writes.
#[derive(Debug, Default)]
pub struct Seen {
    place: &'static str,
    counts: BTreeMap<Number, u64>,
}

impl Seen {
    /// Nothing yet, at a place.
    #[must_use]
    pub fn at(place: &'static str) -> Self {
        Self {
            place,
            counts: BTreeMap::new(),
        }
    }

    /// One more effect of a write.
    pub fn add(&mut self, number: Number) {
        self.add_so_often(number, 1);
    }

    /// So many more effects of a write.
    pub fn add_so_often(&mut self, number: Number, count: u64) {
        *self.counts.entry(number).or_default() += count;
    }

    /// How many effects of a write there are.
    #[must_use]
    pub fn count(&self, number: Number) -> u64 {
        self.counts.get(&number).copied().unwrap_or_default()
    }

    /// All writes that have an effect.
    #[must_use]
    pub fn numbers(&self) -> BTreeSet<Number> {
        self.counts.keys().copied().collect()
    }

    fn each(&self) -> impl Iterator<Item = (Number, u64)> {
        self.counts.iter().map(|(number, count)| (*number, *count))
    }
}
