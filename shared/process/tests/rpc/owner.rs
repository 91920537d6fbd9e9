//! A small service that owns procedures: its facts all hold, and it remembers what it was told to do.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use kernel::{Fault, Kind, Refusal, RpcError, id::CaseId};
use process::{
    Definitions,
    definition::tables::FactKind,
    engine::{Case, Entry, Facts, Opening, Value},
    keeper::{Owner, Question},
};
use storage::Tx;
use uuid::Uuid;

/// The owner.
#[derive(Default)]
pub(crate) struct Library {
    said: Mutex<BTreeMap<&'static str, Value>>,
    meanwhile: Mutex<BTreeMap<&'static str, Value>>,
    effects: Mutex<Vec<Entry>>,
    broken: Mutex<Option<String>>,
    elsewhere: Mutex<Option<Uuid>>,
    forbidden: Mutex<Option<String>>,
}

impl Library {
    /// From now on the fact is this.
    pub(crate) fn say(&self, fact: &'static str, value: Value) {
        locked(&self.said).insert(fact, value);
    }

    /// Whoever asks is told as before; in the unit of work the fact is this.
    pub(crate) fn change_meanwhile(&self, fact: &'static str, value: Value) {
        locked(&self.meanwhile).insert(fact, value);
    }

    /// From now on no effect in this case succeeds.
    pub(crate) fn break_on(&self, case: &str) {
        *locked(&self.broken) = Some(case.to_owned());
    }

    /// From now on its own rows forbid this step.
    pub(crate) fn forbid(&self, step: &str) {
        *locked(&self.forbidden) = Some(step.to_owned());
    }

    /// From now on this subject is somebody else's.
    pub(crate) fn give_away(&self, subject: &str) {
        *locked(&self.elsewhere) = subject.parse().ok();
    }

    /// The steps whose effects it was told, in their order.
    pub(crate) fn steps(&self) -> Vec<String> {
        let effects = locked(&self.effects);
        effects
            .iter()
            .filter_map(|entry| entry.done().map(str::to_owned))
            .collect()
    }

    /// How often a clock's effect was told.
    pub(crate) fn late(&self) -> usize {
        locked(&self.effects)
            .iter()
            .filter(|entry| entry.automatic())
            .count()
    }
}

fn locked<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Owner for Library {
    fn procedures(&self) -> &'static [&'static str] {
        &["resource_admission", "org_change", "star_rating"]
    }

    async fn may_be_about(&self, opening: &Opening) -> Result<(), RpcError> {
        match *locked(&self.elsewhere) {
            Some(elsewhere) if elsewhere == opening.subject => Err(Refusal::not_found().into()),
            _ => Ok(()),
        }
    }

    async fn facts(&self, question: &Question<'_>) -> Result<Facts, RpcError> {
        let table = &Definitions::shipped().tables.fact;
        let said = locked(&self.said);
        let value = |fact: &&str| match (said.get(fact), table[*fact].kind) {
            (Some(value), _) => value.clone(),
            (None, FactKind::Flag) => Value::Flag(true),
            (None, FactKind::Int) => Value::Int(0),
            (None, FactKind::Date) => Value::Nothing,
            (None, FactKind::People) => Value::People(Vec::new()),
            (None, FactKind::Codes) => Value::Codes(Vec::new()),
        };
        let facts = question.facts.iter();
        Ok(Facts(
            facts.map(|fact| ((*fact).to_owned(), value(fact))).collect(),
        ))
    }

    async fn own_facts(&self, _tx: &Tx, question: &Question<'_>) -> Result<Facts, RpcError> {
        let meanwhile = locked(&self.meanwhile);
        let changed = question
            .facts
            .iter()
            .filter_map(|fact| Some((fact, meanwhile.get(fact)?)));
        Ok(Facts(
            changed
                .map(|(fact, value)| ((*fact).to_owned(), value.clone()))
                .collect(),
        ))
    }

    async fn forbidden(&self, waiting: &[(CaseId, &str)]) -> Result<Vec<Option<Refusal>>, RpcError> {
        let refusal = || Refusal::new(Kind::Precondition, "NO_PLACE_FREE", "名额没有空出。");
        let forbidden = locked(&self.forbidden);
        let refused = |step: &str| (forbidden.as_deref() == Some(step)).then(refusal);
        Ok(waiting.iter().map(|(_, step)| refused(step)).collect())
    }

    async fn on_entry(&self, _tx: &Tx, id: CaseId, _case: &Case, entry: &Entry) -> Result<(), RpcError> {
        if locked(&self.broken).as_ref() == Some(&id.to_string()) {
            return Err(Fault::new("a broken effect").into());
        }
        locked(&self.effects).push(entry.clone());
        Ok(())
    }
}
