//! Keeping cases: the rows around the pure engine. A case is loaded, its facts are asked from their owner, the
//! engine judges, and what it says is appended with the owner's effect, the event, the audit entry and the answer in
//! one unit of work. Of two deciders on the same revision exactly one lands (process.md part 5, 2).

mod convert;
mod listing;
pub mod migration;
mod reach;
mod rows;
pub mod rpc;
mod system;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use access::{Authorized, Caller, Standing};
use async_trait::async_trait;
use kernel::{
    Calendar, Clock, Day, Fault, Kind, Refusal, RpcError,
    id::{CaseId, OrganizationId},
};
use storage::{Reading, Store, Tx};

pub use rows::Kept;

use crate::{
    definition::{
        Definitions,
        schema::{Argument, Step},
    },
    engine::{
        Act, Actor, Answer, Case, Circumstances, Entry, Event, Facts, Parameters, Tree, Value, What, judge,
        tree::Node,
    },
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

    /// The facts asked for; asked before any transaction, so it may call others. A fact that is left out is unknown
    /// and refuses (`FACT_MISSING`), it never passes.
    async fn facts(&self, question: &Question<'_>) -> Result<Facts, RpcError>;

    /// The effect of an entry that was just appended, in the same transaction.
    async fn on_entry(&self, tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError>;
}

/// Keeps the cases of one service. Cheap to clone.
#[derive(Clone)]
pub struct Keeper {
    store: Store,
    clock: Clock,
    definitions: &'static Definitions,
    owner: Arc<dyn Owner>,
}

/// What a person does to a case.
pub(crate) struct Deed {
    /// Business date; today when it is not said.
    pub(crate) on: Option<Day>,
    /// The revision that he saw, where that matters.
    pub(crate) seen: Option<u32>,
    /// In whose name, where he says.
    pub(crate) at: Option<OrganizationId>,
    /// What.
    pub(crate) act: Act,
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

    /// Does something to a case in a person's name: facts first, then one unit of work.
    pub(crate) async fn act<T, A: prost::Message>(
        &self,
        request: &Authorized<T>,
        kept: Kept,
        deed: Deed,
        answer: impl FnOnce(&Done) -> A,
    ) -> Result<A, RpcError> {
        let Deed { on, seen, at, act } = deed;
        let on = self.day(on)?;
        let facts = self.asked(&kept, &act, on, request.deadline()).await?;
        let by = actor(request.caller(), at, on);
        let event = Event {
            on,
            by,
            seen,
            key: None,
            act,
        };
        let tx = self.store.begin(request).await?;
        // Facts were asked before the transaction; the case itself is read again inside it.
        let kept = match kept.case.entries().is_empty() {
            true => kept,
            false => self.get(&tx, kept.id).await?,
        };
        let facts = self.with_open_cases(&tx, &kept, facts).await?;
        let (id, organization) = (kept.id, kept.case.organization());
        match self.judged(&tx, kept, &event, facts).await {
            Ok(done) => {
                tx.concerns(organization, id.into());
                let answer = answer(&done);
                tx.commit(answer).await
            }
            Err(refused) => {
                drop(tx);
                self.let_fall_due(id, on).await?;
                Err(refused)
            }
        }
    }

    /// Records what fell due in a case before a day, whatever was refused on it.
    async fn let_fall_due(&self, id: CaseId, on: Day) -> Result<(), RpcError> {
        let tx = self.store.work("process").await?;
        let Some(mut kept) = rows::get(&tx, id).await? else {
            return Ok(());
        };
        let tree = self.tree(&kept.case);
        let (parameters, facts) = (Parameters::default(), Facts::default());
        let late = crate::engine::advance(&self.circumstances(&tree, &parameters, &facts), &kept.case, on);
        let late = late.map_err(|out| Fault::new(format!("parameter {out:?}")))?;
        if late.is_empty() {
            return Ok(());
        }
        self.append(&tx, &mut kept, late).await?;
        tx.commit(()).await
    }

    async fn judged(&self, tx: &Tx, mut kept: Kept, event: &Event, facts: Facts) -> Result<Done, RpcError> {
        let tree = self.tree(&kept.case);
        let parameters = Parameters::default();
        let judgement = judge(&self.circumstances(&tree, &parameters, &facts), &kept.case, event);
        let accepted = match judgement.answer {
            Answer::Accepted(entries) => entries,
            Answer::Replayed(_) => Vec::new(),
            Answer::Refused(refused) => {
                let state = kept.case.state().unwrap_or_default().to_owned();
                let refusal = refused.refusal(self.definitions);
                return Err(refusal
                    .with("revision", kept.case.revision())
                    .with("state", state)
                    .into());
            }
        };
        let before = kept.case.entries().len();
        let entries: Vec<Entry> = judgement.late.into_iter().chain(accepted).collect();
        self.append(tx, &mut kept, entries).await?;
        let new = kept.case.entries().get(before..).unwrap_or_default();
        let findings = new.iter().flat_map(findings).collect();
        let voided = new.iter().flat_map(|entry| &entry.voided);
        let voided =
            voided.filter_map(|seq| Some(kept.case.entries().get(*seq as usize)?.done()?.to_owned()));
        let voided = voided.collect();
        Ok(Done {
            kept,
            findings,
            voided,
        })
    }

    async fn append(&self, tx: &Tx, kept: &mut Kept, entries: Vec<Entry>) -> Result<(), RpcError> {
        let seen = kept.case.entries().len();
        kept.case.append(entries.clone());
        let end = self.end(&kept.case);
        rows::save(tx, kept, seen, end, self.exclusive(&kept.case).as_deref()).await?;
        for entry in &entries {
            self.owner.on_entry(tx, kept.id, &kept.case, entry).await?;
        }
        let version = u64::try_from(kept.case.entries().len()).unwrap_or(u64::MAX);
        let record = convert::case(self.definitions, kept);
        tx.event(
            rows::event_kind(self.store.service()),
            kept.id.into(),
            kept.case.organization(),
            version,
            &record,
        );
        Ok(())
    }

    async fn asked(&self, kept: &Kept, act: &Act, on: Day, deadline: Instant) -> Result<Facts, RpcError> {
        let none = BTreeMap::new();
        let (step, given) = match act {
            Act::Step { step, evidence, .. } => (Some(step.as_str()), evidence),
            _ => (None, &none),
        };
        let procedure = self.definitions.in_force(&kept.case.opening().procedure, on);
        let found = procedure
            .zip(step)
            .and_then(|(procedure, step)| procedure.step_of(kept.case.variant(), step));
        let facts = found
            .map(|step| self.wanted(step, kept.case.variant()))
            .unwrap_or_default();
        if facts.is_empty() {
            return Ok(Facts::default());
        }
        self.owner
            .facts(&Question {
                case: &kept.case,
                id: kept.id,
                step,
                facts,
                given,
                on,
                deadline,
            })
            .await
    }

    /// The facts that a step's conditions read.
    fn wanted<'a>(&self, step: &'a Step, variant: Option<&'a str>) -> BTreeSet<&'a str> {
        let arguments = step
            .conditions_of(variant)
            .flat_map(|condition| condition.arguments.values());
        let texts = arguments.filter_map(|argument| match argument {
            Argument::Text(text) => Some(text.trim_start_matches('@')),
            _ => None,
        });
        texts
            .filter(|name| self.definitions.tables.fact.contains_key(*name))
            .collect()
    }

    async fn with_open_cases(&self, tx: &Tx, kept: &Kept, mut facts: Facts) -> Result<Facts, RpcError> {
        let open = rows::open_procedures(tx, kept.case.opening().subject, kept.id).await?;
        facts.0.insert("open_cases".to_owned(), Value::Codes(open));
        Ok(facts)
    }

    fn circumstances<'a>(
        &self,
        tree: &'a Tree,
        parameters: &'a Parameters,
        facts: &'a Facts,
    ) -> Circumstances<'a> {
        Circumstances {
            definitions: self.definitions,
            calendar: Calendar::official(),
            tree,
            parameters,
            facts,
        }
    }

    /// The organizations of the case with everything above them.
    fn tree(&self, case: &Case) -> Tree {
        let opening = case.opening();
        let named = [
            Some(opening.organization),
            Some(case.organization()),
            opening.target,
        ];
        let scopes = self.store.scopes();
        let paths = named
            .into_iter()
            .flatten()
            .chain(opening.sides.iter().copied())
            .filter_map(|id| scopes.path(id));
        let ids: BTreeSet<OrganizationId> = paths
            .flat_map(|path| access::range::ids(&path).collect::<Vec<_>>())
            .collect();
        let nodes = ids.into_iter().filter_map(|id| scopes.get(id));
        nodes
            .map(|node| {
                (
                    node.id,
                    Node {
                        parent: node.parent(),
                        kind: node.kind,
                        level: node.level,
                    },
                )
            })
            .collect()
    }

    fn end(&self, case: &Case) -> Option<&'static str> {
        use crate::definition::schema::End;
        let procedure = self
            .definitions
            .version(&case.opening().procedure, case.version()?)?;
        match procedure.state(case.state()?)?.end? {
            End::Done => Some("done"),
            End::Failed => Some("failed"),
        }
    }

    fn exclusive(&self, case: &Case) -> Option<String> {
        if self.end(case).is_some() {
            return None;
        }
        let group = self.definitions.group(&case.opening().procedure)?;
        Some(format!("{group} {}", case.opening().subject))
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

/// Who acts, as the engine knows him.
fn actor(caller: &Caller, at: Option<OrganizationId>, on: Day) -> Actor {
    let person = match caller.standing {
        Standing::Person => caller.subject.parse().ok(),
        _ => None,
    };
    let holds = caller
        .grants_on(on)
        .map(|grant| (grant.role, grant.organization))
        .collect();
    Actor {
        person,
        holds,
        system: false,
        at,
    }
}

fn findings(entry: &Entry) -> Vec<String> {
    match &entry.what {
        What::Step { warnings, .. } => warnings.clone(),
        What::Late { finding, .. } => finding.iter().cloned().collect(),
        _ => Vec::new(),
    }
}

/// A procedure that this service does not keep.
fn not_kept(procedure: &str) -> Refusal {
    let zh = "这项服务不办理此规程，请核对规程编号。";
    Refusal::new(Kind::Invalid, "PROCEDURE_UNKNOWN", zh).with("procedure", procedure)
}
