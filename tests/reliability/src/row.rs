//! A row of the scorecard: what is tried, what was bad, and whether the planted bugs were found.

use std::{collections::BTreeMap, fmt, pin::Pin};

use kernel::planted::Bug;
use serde::Serialize;

use crate::lab::{Lab, Size, Trouble};

/// Bad things that are told in full; the others are counted.
const TOLD: usize = 5;

/// What one run of a row gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How much was tried, in the unit of the row.
    pub tried: u64,
    /// What must not be.
    pub bad: Bad,
}

/// Bad things, counted by kind.
#[derive(Debug, Default)]
pub struct Bad {
    kinds: BTreeMap<&'static str, u64>,
    told: Vec<String>,
}

impl Bad {
    /// One more of a kind.
    pub fn add(&mut self, kind: &'static str, what: impl fmt::Display) {
        self.count(kind, 1);
        if self.told.len() < TOLD {
            self.told.push(format!("{kind}: {what}"));
        }
    }

    /// So many more of a kind.
    pub fn count(&mut self, kind: &'static str, more: u64) {
        if more > 0 {
            *self.kinds.entry(kind).or_default() += more;
        }
    }

    /// One more when a condition does not hold.
    pub fn unless(&mut self, holds: bool, kind: &'static str, what: impl fmt::Display) {
        if !holds {
            self.add(kind, what);
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.kinds.values().sum()
    }

    /// How many of a kind.
    #[must_use]
    pub fn of(&self, kind: &str) -> u64 {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    /// Takes over what another run found.
    pub fn take(&mut self, other: Self) {
        for (kind, count) in other.kinds {
            self.count(kind, count);
        }
        let room = TOLD.saturating_sub(self.told.len());
        self.told.extend(other.told.into_iter().take(room));
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, count) in &self.kinds {
            write!(f, "\n    {count} {kind}")?;
        }
        self.told.iter().try_for_each(|one| write!(f, "\n    {one}"))
    }
}

/// A run under way.
pub type Run<'a> = Pin<Box<dyn Future<Output = Result<Outcome, Trouble>> + 'a>>;

/// A row.
pub struct Row {
    /// Its id in the scorecard.
    pub id: &'static str,
    /// What must not be, in one line.
    pub what: &'static str,
    /// The least that must be tried, at each size; a run with less is void.
    pub least: (u64, u64),
    /// The bugs that it must find, each with the kind of bad thing that it makes.
    pub teeth: &'static [(Bug, &'static str)],
    /// Runs it, against the program as it is or with a bug planted.
    pub run: for<'a> fn(&'a Lab, Size, Option<Bug>) -> Run<'a>,
}

/// What is said of a row.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// Its id in the scorecard.
    pub id: &'static str,
    /// What must not be.
    pub what: &'static str,
    /// How much was tried.
    pub tried: u64,
    /// Under it the run is void.
    pub least: u64,
    /// How often what must not be was.
    pub bad: u64,
    /// Whether every planted bug was found.
    pub planted_found: bool,
    /// Whether the row holds: enough was tried, nothing was bad, every planted bug was found.
    pub holds: bool,
}

impl Verdict {
    /// Of a row whose run broke: nothing can be said.
    #[must_use]
    pub fn void(row: &Row, size: Size) -> Self {
        Self {
            id: row.id,
            what: row.what,
            tried: 0,
            least: size.of(row.least.0, row.least.1),
            bad: 0,
            planted_found: false,
            holds: false,
        }
    }
}
