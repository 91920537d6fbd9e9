//! One entry of a case's history. Entries are only ever appended, and each says enough to fold the case
//! again without any definition.

use std::collections::BTreeMap;

use kernel::{
    Day, Role,
    id::{OrganizationId, PersonId},
};
use serde::{Deserialize, Serialize};

use super::{value::Value, vote::Vote};
use crate::definition::hex;

/// A role held at an organization: the right in whose name somebody acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The role.
    pub role: Role,
    /// Where; absent for the person concerned, the public and the engine.
    pub organization: Option<OrganizationId>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the history, from 0, without gaps.
    pub seq: u32,
    /// Revision of the case after it: how often people (or the engine's own steps) acted. What falls due by
    /// itself does not raise it.
    pub revision: u32,
    /// Business date.
    pub on: Day,
    /// The person; absent for the engine and an unnamed member of the public.
    pub person: Option<PersonId>,
    /// The right used.
    pub right: Option<Held>,
    /// The version by which it was judged.
    pub version: String,
    /// State after it.
    pub state: String,
    /// The entry with which that state was entered.
    pub since: u32,
    /// Organization of the case after it.
    pub organization: OrganizationId,
    /// Approvals that it made void.
    pub voided: Vec<u32>,
    /// The request that made it.
    pub request: Option<Request>,
    /// What happened.
    pub what: What,
}

/// A request: sent again it gets the same answer, with other contents it is refused (`KEY_REUSED`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its key.
    pub key: String,
    /// SM3 of what was asked, in hex.
    pub content: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A step was taken.
    Step {
        /// The step.
        step: String,
        /// Whether its vote, if it has one, carried.
        outcome: Outcome,
        /// Evidence given.
        evidence: BTreeMap<String, Value>,
        /// The vote.
        vote: Option<Vote>,
        /// Bound evidence with the hash of what the approver saw; an approval has at least one (X11).
        binds: BTreeMap<String, String>,
        /// Conditions "一般" that did not hold.
        warnings: Vec<String>,
        /// Events for other services.
        emits: Vec<String>,
    },
    /// Somebody objected.
    Objection {
        /// The objection's id in the procedure.
        objection: String,
        /// Its grounds.
        grounds: String,
    },
    /// An objection was answered.
    Answer {
        /// The entry that raised it.
        to: u32,
        /// Its id in the procedure.
        objection: String,
        /// Whether it was right.
        upheld: bool,
        /// The answer given.
        answer: String,
    },
    /// An evidence was changed.
    Edit {
        /// The evidence.
        item: String,
        /// Its new content.
        value: Value,
    },
    /// A closed case was corrected.
    Adjust {
        /// What, and why.
        note: String,
        /// Events for other services.
        emits: Vec<String>,
    },
    /// A deadline passed.
    Late {
        /// The step, or the objection whose answer is missing.
        step: String,
        /// The version under which the clock started.
        under: String,
        /// Which of its deadlines, from 0; of an answer, the entry that raised the objection.
        number: u32,
        /// From when the clock ran.
        start: Day,
        /// The last day that was in time.
        due: Day,
        /// The code recorded.
        finding: Option<String>,
        /// Who is told, as a relation.
        escalate: Option<String>,
    },
    /// The case goes on under a later version.
    Version {
        /// The version before.
        from: String,
    },
}

/// How the vote of a step came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There was none, or it carried.
    Done,
    /// It did not carry.
    Failed,
    /// Equal votes for the last seat.
    Tied,
}

impl Entry {
    /// The step that it took for good: the vote carried.
    #[must_use]
    pub fn done(&self) -> Option<&str> {
        match &self.what {
            What::Step {
                step,
                outcome: Outcome::Done,
                ..
            } => Some(step),
            _ => None,
        }
    }

    /// Whether it is an approval: a step that binds contents, and carried.
    #[must_use]
    pub fn approves(&self) -> bool {
        matches!(&self.what, What::Step { outcome: Outcome::Done, binds, .. } if !binds.is_empty())
    }

    /// Whether nobody acted: a deadline passed or the version changed.
    #[must_use]
    pub fn automatic(&self) -> bool {
        matches!(self.what, What::Late { .. } | What::Version { .. })
    }

    /// SM3, in hex, over the entry and the hash of the one before: a history cannot be changed unseen.
    #[must_use]
    pub fn hash(&self, before: &str) -> String {
        let mut hash = seal::Sm3::new();
        hash.update(before.as_bytes());
        hash.update(&serde_json::to_vec(self).unwrap_or_else(|e| unreachable!("an entry is JSON: {e}")));
        hex(&hash.finish())
    }
}
