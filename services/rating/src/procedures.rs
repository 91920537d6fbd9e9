//! Rating's procedures: star rating and rectification. The engine decides which step is legal; rating says the facts
//! ([`facts`]), refuses what its own quota forbids ([`places`]) and carries out what a step means ([`effects`]).

pub mod effects;
pub mod facts;
pub mod places;

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{
    Refusal, RpcError,
    id::{CaseId, OrganizationId},
};
use process::{
    Case, Entry,
    engine::{Facts, Opening, Value},
    keeper::{Owner, Question},
};
use storage::Tx;
use uuid::Uuid;

use crate::{
    app::App,
    domain::outcome::{Cause, Outcome},
    store::cycles::Cycle,
};

/// 评星定级
pub const STAR_RATING: &str = "star_rating";
/// 软弱涣散整顿
pub const RECTIFICATION: &str = "rectification";

/// Rating as the owner of its procedures.
#[derive(Clone)]
pub struct Rating(pub App);

#[async_trait]
impl Owner for Rating {
    fn procedures(&self) -> &'static [&'static str] {
        &[STAR_RATING, RECTIFICATION]
    }

    /// Every procedure of rating is about the branch itself.
    async fn may_be_about(&self, opening: &Opening) -> Result<(), RpcError> {
        if opening.subject == Uuid::from(opening.organization) {
            Ok(())
        } else {
            Err(Refusal::not_found().into())
        }
    }

    async fn facts(&self, question: &Question<'_>) -> Result<Facts, RpcError> {
        facts::supply(&self.0, question).await
    }

    async fn own_facts(&self, tx: &Tx, question: &Question<'_>) -> Result<Facts, RpcError> {
        facts::held(&self.0, tx, question).await
    }

    async fn forbidden(&self, waiting: &[(CaseId, &str)]) -> Result<Vec<Option<Refusal>>, RpcError> {
        places::forbidden(&self.0.store.own(), waiting).await
    }

    async fn on_entry(&self, tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError> {
        match case.opening().procedure.as_str() {
            STAR_RATING => effects::star_rating(&self.0, tx, id, case, entry).await,
            RECTIFICATION => effects::rectification(&self.0, tx, id, case, entry).await,
            _ => Ok(()),
        }
    }
}

fn about(procedure: &str, variant: Option<&str>, branch: OrganizationId) -> Opening {
    Opening {
        procedure: procedure.to_owned(),
        variant: variant.map(str::to_owned),
        subject: branch.into(),
        organization: branch,
        person: None,
        target: None,
        sides: Vec::new(),
    }
}

/// Opens the case of a branch whose facts were frozen (S-308). A branch that is still in the case of an earlier cycle
/// ends that one first: its new case opens with the end of the old one.
pub async fn open_star_rating(app: &App, tx: &Tx, cycle: &Cycle, outcome: &Outcome) -> Result<(), RpcError> {
    let prefilled = effects::prefilled(cycle.id, &outcome.prefilled_hash);
    let given = BTreeMap::from([
        ("frozen_template".to_owned(), Value::Text(cycle.template.clone())),
        ("prefilled".to_owned(), Value::Text(prefilled)),
    ]);
    let facts = Facts(BTreeMap::from([(
        "branch_is_rated".to_owned(),
        Value::Flag(outcome.is_rated()),
    )]));
    let opening = about(STAR_RATING, None, outcome.branch);
    let on = app.clock.today().max(cycle.freeze_day);
    app.cases()?
        .open_by_system(tx, opening, "open", given, facts, on)
        .await?;
    Ok(())
}

/// Opens rectification for a branch, unless a case is open already: one at a time (S-315).
pub async fn open_rectification(
    app: &App,
    tx: &Tx,
    outcome: &Outcome,
    cause: Cause,
    entry: &Entry,
) -> Result<(), RpcError> {
    let reference = Value::Text(format!("{}/{}", outcome.cycle, outcome.branch));
    let (variant, step, given) = match cause {
        Cause::Star(star) => {
            let star = ("named_star".to_owned(), Value::Int(star.into()));
            (
                "star",
                "nominate_star",
                BTreeMap::from([("star_ref".to_owned(), reference), star]),
            )
        }
        Cause::Veto => (
            "veto",
            "nominate_other",
            BTreeMap::from([("trigger_event".to_owned(), reference)]),
        ),
    };
    let opening = about(RECTIFICATION, Some(variant), outcome.branch);
    app.cases()?
        .open_by_system(tx, opening, step, given, Facts::default(), entry.on)
        .await?;
    Ok(())
}
