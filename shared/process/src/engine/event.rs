//! What is asked of the engine, and what it answers.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use kernel::{
    Day, Kind, Refusal, Role,
    id::{OrganizationId, PersonId},
};
use serde::Serialize;

use super::{entry::Entry, value::Value, vote::Vote};
use crate::definition::{Definitions, hex};

/// Who acts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// The person; absent for the engine and for an unnamed member of the public.
    pub person: Option<PersonId>,
    /// Roles held, each at an organization, on the day of the event.
    pub holds: Vec<(Role, OrganizationId)>,
    /// The engine itself: timers and events.
    pub system: bool,
    /// In whose name; the one that fits when absent.
    pub at: Option<OrganizationId>,
}

/// Something that somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Business date.
    pub on: Day,
    /// Who.
    pub by: Actor,
    /// The revision that was seen; not compared when absent.
    pub seen: Option<u32>,
    /// Key of the request.
    pub key: Option<String>,
    /// What.
    pub act: Act,
}

/// What somebody does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Takes a step.
    Step {
        /// The step.
        step: String,
        /// Evidence given.
        evidence: BTreeMap<String, Value>,
        /// The vote, where the step has one.
        vote: Option<Vote>,
        /// Contents that the person saw: compared with what the case holds.
        saw: Saw,
    },
    /// Objects.
    Object {
        /// The objection's id; the one that fits the state when absent.
        objection: Option<String>,
        /// Its grounds.
        grounds: String,
    },
    /// Answers the earliest open objection.
    Answer {
        /// The objection's id; any when absent.
        objection: Option<String>,
        /// Whether it is right.
        upheld: bool,
        /// The answer given.
        answer: String,
    },
    /// Changes an evidence.
    Edit {
        /// The evidence.
        item: String,
        /// Its new content.
        value: Value,
    },
    /// Corrects a closed case.
    Adjust {
        /// What, and why.
        note: String,
    },
}

/// What a person saw before he took a step; another content then is `CONTENT_CHANGED`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Saw {
    /// He does not say.
    #[default]
    Nothing,
    /// These contents: item → hash.
    Each(BTreeMap<String, String>),
    /// Everything that the step binds, as it lay there: [`bound`](super::bound).
    Bound(String),
}

impl Event {
    /// SM3, in hex, of what is asked: the same key with another content is `KEY_REUSED`.
    #[must_use]
    pub fn content(&self) -> String {
        let asked = (self.on, self.by.person, &self.act);
        hex(&seal::sm3(
            &serde_json::to_vec(&asked).unwrap_or_else(|e| unreachable!("an event is JSON: {e}")),
        ))
    }
}

/// The engine's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What fell due before the event: to be appended whatever the answer is.
    pub late: Vec<Entry>,
    /// The version by which the event was judged.
    pub version: Option<String>,
    /// The answer to the event itself.
    pub answer: Answer,
}

/// The answer to an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Append these.
    Accepted(Vec<Entry>),
    /// The request was answered before, by this entry.
    Replayed(u32),
    /// No.
    Refused(Refused),
}

impl Answer {
    /// The refusal in it.
    #[must_use]
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Accepted(_) | Self::Replayed(_) => None,
        }
    }
}

/// Every code with which the engine itself refuses; conditions and clocks add those of the definition.
pub(crate) const REFUSALS: &[&str] = &[
    "BALLOTS_EXCEED",
    "CALENDAR_MISSING",
    "CASE_CHANGED",
    "CASE_CLOSED",
    "CASE_NOT_CLOSED",
    "CONTENT_CHANGED",
    "CONTENT_UNKNOWN",
    "DATE_BACKWARD",
    "EVIDENCE_MISSING",
    "EVIDENCE_TYPE",
    "FACT_MISSING",
    "KEY_REUSED",
    "NOT_SAME_PERSON",
    "NO_RULE_VERSION",
    "OBJECTION_CLOSED",
    "OBJECTION_NOT_OPEN",
    "OBJECTION_OPEN",
    "OBJECTION_UNKNOWN",
    "ONE_OPEN_CASE",
    "ORG_NOT_ENTITLED",
    "OWN_CASE",
    "PARAM_OUT_OF_BOUNDS",
    "PUBLICITY_RUNNING",
    "QUORUM_NOT_MET",
    "ROLE_NOT_ENTITLED",
    "SAME_PERSON",
    "STATE_NOT_IN_VERSION",
    "STEPS_MISSING",
    "STEP_NOT_LEGAL",
    "STEP_UNKNOWN",
    "TOO_EARLY",
    "TOO_LATE",
    "VOTE_IMPOSSIBLE",
];

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason code: of the engine, or of a condition.
    pub code: Cow<'static, str>,
    /// What it is about: evidence, facts, steps, a parameter. Names, never values.
    pub items: BTreeSet<String>,
    /// Conditions "一般" that did not hold before it came to this.
    pub warnings: Vec<String>,
}

impl Refused {
    /// A refusal with its code.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: code.into(),
            items: BTreeSet::new(),
            warnings: Vec::new(),
        }
    }

    /// Names what it is about.
    #[must_use]
    pub fn about(mut self, item: impl Into<String>) -> Self {
        self.items.insert(item.into());
        self
    }

    /// As services answer it.
    #[must_use]
    pub fn refusal(&self, definitions: &Definitions) -> Refusal {
        let mut refusal = Refusal::new(self.kind(), self.code.clone(), definitions.text(&self.code));
        if !self.items.is_empty() {
            let items: Vec<&str> = self.items.iter().map(String::as_str).collect();
            refusal = refusal.with("items", items.join(","));
        }
        refusal
    }

    fn kind(&self) -> Kind {
        match self.code.as_ref() {
            "CASE_CHANGED" => Kind::Conflict,
            "ROLE_NOT_ENTITLED" | "ORG_NOT_ENTITLED" | "OWN_CASE" | "SAME_PERSON" | "NOT_SAME_PERSON" => {
                Kind::Denied
            }
            "KEY_REUSED" | "STEP_UNKNOWN" | "EVIDENCE_MISSING" | "EVIDENCE_TYPE" | "VOTE_IMPOSSIBLE"
            | "CONTENT_UNKNOWN" | "OBJECTION_UNKNOWN" => Kind::Invalid,
            _ => Kind::Precondition,
        }
    }
}

impl From<super::circumstances::OutOfBounds> for Refused {
    fn from(out: super::circumstances::OutOfBounds) -> Self {
        Self::new("PARAM_OUT_OF_BOUNDS").about(out.0)
    }
}
