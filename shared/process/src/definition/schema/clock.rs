//! Clocks of a step: the first day on which it may be taken, and the last day that is in time.

use serde::{Deserialize, Serialize};

use super::{Severity, Step, Unit};
use crate::definition::words::{Number, Position, Start, one_or_many};

/// The first day on which a step may be taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// How long; negative = before.
    pub n: Number,
    /// In what.
    pub unit: Unit,
    /// From when: the latest of these.
    #[serde(deserialize_with = "one_or_many")]
    pub from: Vec<Start>,
    /// Whether the start counts: 0 or 1.
    pub start_counted: Option<Number>,
    /// `warn` accepts an earlier day and records it.
    pub sev: Option<Severity>,
}

/// The last day on which a step is in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// How long; negative = before.
    pub n: Number,
    /// In what.
    pub unit: Unit,
    /// From when: the latest of these.
    #[serde(deserialize_with = "one_or_many")]
    pub from: Vec<Start>,
    /// Whether the start counts: 0 or 1.
    pub start_counted: Option<Number>,
    /// States in which it runs; the step's own when empty.
    #[serde(default, rename = "in")]
    pub states: Vec<String>,
    /// What happens the day after.
    pub late: Option<Late>,
    /// Refused afterwards: a right that expires.
    #[serde(default)]
    pub hard: bool,
}

impl Due {
    /// The states in which the clock of this step runs.
    #[must_use]
    pub fn runs_in(&self, step: &Step) -> Vec<String> {
        if !self.states.is_empty() {
            return self.states.clone();
        }
        step.states().map(str::to_owned).collect()
    }
}

/// What a missed day leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// The code recorded.
    pub finding: Option<String>,
    /// Who is told.
    pub escalate: Option<Position>,
    /// The `proposed` state that the case goes to.
    #[serde(rename = "move")]
    pub moves_to: Option<String>,
}
