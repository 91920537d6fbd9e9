//! Keeping cases: the rows around the pure engine. A case is loaded, its facts are asked from their owner, the
//! engine judges, and what it says is appended with the owner's effect, the event, the audit entry and the answer in
//! one unit of work. Of two deciders on the same revision exactly one lands (process.md part 5, 2).
//!
//! - [`Owner`]: the service that supplies facts and applies effects.
//! - [`rpc`]: `zhibu.process.v1`, one file a use case. `acting`: a person does something to a case; `system`: the system
//!   itself does.
//! - `reach`: who sees a case. `turns`: whose turn it may be. `deadlines`: what falls due though nobody acts.
//! - `rows`: the only place that knows SQL; [`migration`]: its tables.

mod acting;
mod convert;
mod deadlines;
pub mod migration;
mod reach;
mod rows;
pub mod rpc;
mod standing;
mod system;
mod turns;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use async_trait::async_trait;
use kernel::{Clock, Day, Kind, Refusal, RpcError, id::CaseId};
use storage::{Reading, Store, Tx};

pub use rows::Kept;

use crate::{
    definition::{Definitions, Procedure},
    engine::{Case, Entry, Facts, Opening, Value},
};

/// What a fact is asked for.
pub struct Question<'a> {
    /// The case, as far as it is known before the step; without entries when the step opens it.
    pub case: &'a Case,
    /// Its id.
    pub id: CaseId,
    /// The step that is to be taken; `None` for anything else that is done to the case.
    pub step: Option<&'a str>,
    /// The facts wanted, by their names in the catalogue.
    pub facts: BTreeSet<&'a str>,
    /// Evidence that comes with the step.
    pub given: &'a BTreeMap<String, Value>,
    /// Business date.
    pub on: Day,
    /// When the answer is no longer wanted.
    pub deadline: Instant,
}

/// The service that owns procedures: it supplies facts and applies effects.
#[async_trait]
pub trait Owner: Send + Sync + 'static {
    /// The procedures that it keeps.
    fn procedures(&self) -> &'static [&'static str];

    /// Whether a person may open a case about this subject in the name of this organization. Refuses NOT_FOUND what is
    /// not there and what is another's alike: a case reaches no further than the organization that it belongs to.
    async fn may_be_about(&self, opening: &Opening) -> Result<(), RpcError>;

    /// The facts asked for; asked before any transaction, so it may call others. A fact that is left out is unknown
    /// and refuses (`FACT_MISSING`), it never passes.
    async fn facts(&self, question: &Question<'_>) -> Result<Facts, RpcError>;

    /// Of the facts asked for, those that the owner's own rows answer, read once more in the unit of work that appends:
    /// they may have changed since they were asked, and replace what was said then.
    async fn own_facts(&self, _tx: &Tx, _question: &Question<'_>) -> Result<Facts, RpcError> {
        Ok(Facts::default())
    }

    /// The effect of an entry that was just appended, in the same transaction. What the owner's own rows forbid it
    /// refuses here, after everything that the definition says: nothing of the entry is kept then.
    async fn on_entry(&self, tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError>;

    /// Of the steps that wait, each with its case: the refusal of the owner's own rows that whoever takes one would get
    /// now, whatever he brings. Nobody is asked for such a step.
    async fn forbidden(&self, waiting: &[(CaseId, &str)]) -> Result<Vec<Option<Refusal>>, RpcError> {
        Ok(vec![None; waiting.len()])
    }

    /// Which of several rules is behind a refusal: the refusal as it is told. Asked about steps that the person may
    /// take, after everything was rolled back.
    async fn explain(&self, _question: &Question<'_>, refusal: Refusal) -> Refusal {
        refusal
    }
}

/// Keeps the cases of one service. Cheap to clone.
#[derive(Clone)]
pub struct Keeper {
    store: Store,
    clock: Clock,
    definitions: &'static Definitions,
    owner: Arc<dyn Owner>,
}

/// A case after something was done to it.
#[derive(Debug, Clone)]
pub struct Done {
    /// The case.
    pub kept: Kept,
    /// Warnings and findings that it recorded.
    pub findings: Vec<String>,
    /// Steps whose approvals are void now.
    pub voided: Vec<String>,
}

impl Keeper {
    /// A keeper of the shipped procedures.
    #[must_use]
    pub fn new(store: Store, clock: Clock, owner: Arc<dyn Owner>) -> Self {
        Self {
            store,
            clock,
            definitions: Definitions::shipped(),
            owner,
        }
    }

    /// The procedures.
    #[must_use]
    pub fn definitions(&self) -> &'static Definitions {
        self.definitions
    }

    /// One case in the ranges of the reader; absent and hidden are one answer.
    pub async fn get(&self, read: &impl Reading, id: CaseId) -> Result<Kept, RpcError> {
        rows::get(read, id)
            .await?
            .ok_or_else(|| Refusal::not_found().into())
    }

    /// The open case of a subject in a procedure, for the owner's own use.
    pub async fn open_case(
        &self,
        read: &impl Reading,
        procedure: &str,
        subject: uuid::Uuid,
    ) -> Result<Option<Kept>, RpcError> {
        rows::open_of(read, procedure, subject).await
    }

    /// A version of a procedure; the one in force today when none is named.
    fn version(&self, procedure: &str, version: &str) -> Option<&'static Procedure> {
        match version {
            "" => self.definitions.in_force(procedure, self.clock.today()),
            version => self.definitions.version(procedure, version),
        }
    }

    fn day(&self, on: Option<Day>) -> Result<Day, Refusal> {
        let today = self.clock.today();
        match on {
            Some(day) if day > today => Err(Refusal::field("on", "IN_THE_FUTURE", "办理日期不能晚于今天。")),
            Some(day) => Ok(day),
            None => Ok(today),
        }
    }
}

/// A procedure that this service does not keep.
fn not_kept(procedure: &str) -> Refusal {
    let zh = "这项服务不办理此规程，请核对规程编号。";
    Refusal::new(Kind::Invalid, "PROCEDURE_UNKNOWN", zh).with("procedure", procedure)
}
