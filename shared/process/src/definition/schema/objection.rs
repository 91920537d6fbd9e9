//! Objections of a procedure: who may raise one, where, who answers it and by when.

use serde::{Deserialize, Serialize};

use super::{Late, Step, Unit};
use crate::definition::words::{Goal, Number, Right};

/// An objection that anyone of `who` may raise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objection {
    /// Id.
    #[serde(skip_deserializing)]
    pub id: String,
    /// Chinese name.
    pub name_zh: String,
    /// States in which it is taken.
    #[serde(rename = "in")]
    pub states: Vec<String>,
    /// Who may object.
    pub who: Vec<Right>,
    /// Until when.
    pub until: Until,
    /// Who answers.
    #[serde(default)]
    pub decider: Vec<Right>,
    /// Not by a person who took one of these steps.
    #[serde(default)]
    pub apart: Vec<String>,
    /// The clock of the answer.
    pub answer: Option<AnswerClock>,
    /// What it does to the case meanwhile.
    pub effect: Effect,
    /// Steps that it holds; every step that leaves when absent.
    pub blocks: Option<Vec<String>>,
    /// Where the case goes when it is upheld.
    pub upheld_to: String,
    /// Norms; the procedure's when empty.
    #[serde(default)]
    pub norms: Vec<String>,
}

impl Objection {
    /// Whether it is taken in the state.
    #[must_use]
    pub fn covers(&self, state: &str) -> bool {
        self.states.iter().any(|own| own == state)
    }

    /// Whether an open one holds this step in this state.
    #[must_use]
    pub fn holds(&self, step: &Step, state: &str) -> bool {
        let named = match &self.blocks {
            Some(steps) => steps.contains(&step.id),
            None => step.to != Goal::Same,
        };
        named && !step.early && self.covers(state)
    }
}

/// Until when an objection is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// Through the last day of the publicity.
    Window,
    /// As long as the case is in one of its states.
    Leaving,
}

/// What an objection does to the case meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Holds the steps of `blocks`.
    Blocks,
    /// Sends the case to `upheld_to` at once.
    Returns,
}

/// The clock of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerClock {
    /// How long.
    pub n: Number,
    /// In what.
    pub unit: Unit,
    /// What happens the day after.
    pub late: Option<Late>,
}
