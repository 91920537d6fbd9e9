//! What the system itself does to cases (`system@engine`): an event or a timer opens, steps and notes; it never
//! decides.

use std::collections::BTreeMap;

use kernel::{Day, RpcError, id::CaseId};
use storage::Tx;

use super::{Done, Keeper, Kept, rows};
use crate::engine::{Act, Actor, Event, Facts, Opening, Saw, Value};

impl Keeper {
    /// Opens a case in the caller's unit of work. Answers the case that is open already when there is one.
    pub async fn open_by_system(
        &self,
        tx: &Tx,
        opening: Opening,
        step: &str,
        given: BTreeMap<String, Value>,
        facts: Facts,
        on: Day,
    ) -> Result<Kept, RpcError> {
        if let Some(open) = rows::open_of(tx, &opening.procedure, opening.subject).await? {
            return Ok(open);
        }
        let kept = Kept::new(CaseId::new(), opening);
        Ok(self.step_by_system(tx, kept, step, given, facts, on).await?.kept)
    }

    /// Takes a step in a case, in the caller's unit of work.
    pub async fn step_by_system(
        &self,
        tx: &Tx,
        kept: Kept,
        step: &str,
        given: BTreeMap<String, Value>,
        facts: Facts,
        on: Day,
    ) -> Result<Done, RpcError> {
        let act = Act::Step {
            step: step.to_owned(),
            evidence: given,
            vote: None,
            saw: Saw::Nothing,
        };
        let event = Event {
            on,
            by: Actor {
                system: true,
                ..Actor::default()
            },
            seen: None,
            key: None,
            act,
        };
        let facts = self.with_open_cases(tx, &kept, facts).await?;
        self.judged(tx, kept, &event, facts).await
    }
}
