//! Freezes the facts of a cycle.

use std::{sync::Arc, time::Instant};

use access::{Authorized, Node};
use kernel::{Period, Refusal, Relation, RpcError, id::CycleId};
use proto::rating::v1::{FreezeCycleRequest, FreezeCycleResponse};
use wire::Fields;

use crate::{
    app::App,
    convert,
    domain::{
        cycle::{CycleState, may_freeze, participation},
        outcome::Outcome,
    },
    error::RatingError,
    events, freezing,
    store::{
        cycles::{self, Cycle},
        outcomes,
    },
};

/// Settles who takes part and starts collecting, which runs on in the background; sent again it says how far it is.
pub async fn run(app: App, request: Authorized<FreezeCycleRequest>) -> Result<FreezeCycleResponse, RpcError> {
    let mut fields = Fields::new();
    let id: Option<CycleId> = fields.parse("cycle_id", &request.cycle_id);
    let id = fields.build(id)?;

    let read = app.store.read(&request).await?;
    let cycle = cycles::get(&read, id).await?.ok_or_else(Refusal::not_found)?;
    may_freeze(cycle.freeze_day, app.clock.today())?;
    if cycle.state == CycleState::Open {
        whole(&app, &cycle, request.deadline()).await?;
    }

    let tx = app.store.begin(&request).await?;
    cycles::get(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    let cycle = cycles::lock(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    let cycle = match cycle.state {
        CycleState::Open => begin(&app, &tx, cycle).await?,
        _ => {
            tx.unchanged();
            cycle
        }
    };
    let progress = outcomes::progress(&tx, id).await?;
    tx.concerns(cycle.organization, id.into());
    let answer = FreezeCycleResponse {
        cycle: Some(convert::cycle(&cycle, &progress)),
    };
    let answer = tx.commit(answer).await?;
    app.freeze.notify_one();
    Ok(answer)
}

/// Whoever organization knows now is known here too: a branch that is missed now is missed for the whole cycle.
async fn whole(app: &App, cycle: &Cycle, deadline: Instant) -> Result<(), RpcError> {
    let span = freezing::span(cycle)?;
    let head = app.organization.head(cycle.organization, span, deadline).await?;
    match app.store.tree_has(head).await? {
        true => Ok(()),
        false => Err(RatingError::TreeBehind.into()),
    }
}

/// Who takes part is settled here, once: whoever is founded later is not in this cycle. What a branch was and where it
/// stood on the last day of the year decides, so that no branch is in the cycles of two counties, or in none.
async fn begin(app: &App, tx: &storage::Tx, cycle: Cycle) -> Result<Cycle, RpcError> {
    let year = freezing::span(&cycle)?.period;
    let nodes = app.scopes.subtree_on(cycle.organization, year.last());
    let taking_part: Vec<Outcome> = nodes
        .iter()
        .filter_map(|node| takes_part(app, &cycle, node, year))
        .collect();
    outcomes::put(tx, &taking_part).await?;
    let freezing = Cycle {
        state: CycleState::Freezing,
        version: cycle.version + 1,
        ..cycle
    };
    cycles::update(tx, &freezing).await?;
    events::cycle(tx, &freezing, &outcomes::progress(tx, freezing.id).await?);
    for outcome in taking_part.iter().filter(|outcome| !outcome.is_rated()) {
        events::outcome(tx, outcome);
    }
    Ok(freezing)
}

fn takes_part(app: &App, cycle: &Cycle, node: &Arc<Node>, year: Period) -> Option<Outcome> {
    let rated = participation(&freezing::branch(node, year), year, cycle.freeze_day)?;
    // The quota is a county's (S-312), also where a city opened the cycle.
    let county = app
        .scopes
        .related_on(node.id, Relation::County, year.last())
        .unwrap_or(cycle.organization);
    Some(Outcome::new(cycle.id, node.id, county, rated))
}
