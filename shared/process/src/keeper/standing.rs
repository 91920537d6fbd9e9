//! Where a case stands, and what the engine needs to judge it: the tree around it, the facts that a step reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use kernel::{Calendar, Day, Fault, Kind, RpcError, id::OrganizationId};
use storage::Tx;

use super::{
    Keeper, Kept, Question,
    rows::{self, Standing},
};
use crate::{
    definition::{schema::End, uses},
    engine::{Act, Case, Circumstances, Facts, Parameters, Tree, Value, next_fall, tree::Node},
};

impl Keeper {
    /// The facts that an act needs, asked from the owner.
    pub(super) async fn asked(
        &self,
        kept: &Kept,
        act: &Act,
        on: Day,
        deadline: Instant,
    ) -> Result<Facts, RpcError> {
        let wanted = self.wanted(kept, act, on);
        if wanted.is_empty() {
            return Ok(Facts::default());
        }
        self.owner
            .facts(&question(kept, act, &wanted, (on, deadline)))
            .await
    }

    /// The facts with those that the owner reads once more in the unit of work.
    pub(super) async fn asked_again(
        &self,
        tx: &Tx,
        kept: &Kept,
        (act, on): (&Act, Day),
        deadline: Instant,
        mut facts: Facts,
    ) -> Result<Facts, RpcError> {
        let wanted = self.wanted(kept, act, on);
        if !wanted.is_empty() {
            let question = question(kept, act, &wanted, (on, deadline));
            facts.0.extend(self.owner.own_facts(tx, &question).await?.0);
        }
        Ok(facts)
    }

    /// A refusal as the owner tells it, where one of its rules is behind it.
    pub(super) async fn explained(
        &self,
        kept: &Kept,
        (act, on): (&Act, Day),
        deadline: Instant,
        error: RpcError,
    ) -> RpcError {
        match error {
            RpcError::Refused(refusal) if refusal.kind == Kind::Precondition => {
                let wanted = self.wanted(kept, act, on);
                let question = question(kept, act, &wanted, (on, deadline));
                self.owner.explain(&question, refusal).await.into()
            }
            error => error,
        }
    }

    /// The facts that an act reads.
    fn wanted(&self, kept: &Kept, act: &Act, on: Day) -> BTreeSet<String> {
        let procedure = self.definitions.in_force(&kept.case.opening().procedure, on);
        let step = match act {
            Act::Step { step, .. } => procedure.and_then(|p| p.step_of(kept.case.variant(), step)),
            _ => None,
        };
        step.map(|step| uses::facts_of(self.definitions, step, kept.case.variant()))
            .unwrap_or_default()
    }

    /// The facts with the one that the keeper itself owns: the subject's other open cases.
    pub(super) async fn with_open_cases(
        &self,
        tx: &Tx,
        kept: &Kept,
        mut facts: Facts,
    ) -> Result<Facts, RpcError> {
        let open = rows::open_procedures(tx, kept.case.opening().subject, kept.id).await?;
        facts.0.insert(uses::OPEN_CASES.to_owned(), Value::Codes(open));
        Ok(facts)
    }

    pub(super) fn circumstances<'a>(
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
    pub(super) fn tree(&self, case: &Case) -> Tree {
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

    /// What the case's own row says of it.
    pub(super) fn standing(&self, case: &Case) -> Result<Standing, RpcError> {
        let tree = self.tree(case);
        let (parameters, facts) = (Parameters::default(), Facts::default());
        let next_due = next_fall(&self.circumstances(&tree, &parameters, &facts), case);
        let ended = self.end(case);
        let group = self.definitions.group(&case.opening().procedure);
        let group = group.filter(|_| ended.is_none());
        Ok(Standing {
            ended,
            exclusive: group.map(|group| format!("{group} {}", case.opening().subject)),
            next_due: next_due.map_err(|out| Fault::new(format!("parameter {out:?}")))?,
        })
    }

    fn end(&self, case: &Case) -> Option<&'static str> {
        let procedure = self
            .definitions
            .version(&case.opening().procedure, case.version()?)?;
        match procedure.state(case.state()?)?.end? {
            End::Done => Some("done"),
            End::Failed => Some("failed"),
        }
    }
}

/// What an act asks of the owner.
fn question<'a>(
    kept: &'a Kept,
    act: &'a Act,
    wanted: &'a BTreeSet<String>,
    (on, deadline): (Day, Instant),
) -> Question<'a> {
    static NOTHING: BTreeMap<String, Value> = BTreeMap::new();
    let (step, given) = match act {
        Act::Step { step, evidence, .. } => (Some(step.as_str()), evidence),
        _ => (None, &NOTHING),
    };
    Question {
        case: &kept.case,
        id: kept.id,
        step,
        facts: wanted.iter().map(String::as_str).collect(),
        given,
        on,
        deadline,
    }
}
