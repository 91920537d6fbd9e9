//! One branch's result with its explanation.

use access::Authorized;
use kernel::{Fault, Refusal, RpcError, id::CycleId};
use proto::rating::v1::{GetResultRequest, GetResultResponse};
use storage::Read;
use wire::Fields;

use crate::{
    app::App,
    convert,
    domain::outcome::{Outcome, Stage},
    evaluating,
    store::{cycles, cycles::Cycle, explanations, facts, outcomes},
};

/// Reads the result; the explanation of the base part is made from the frozen facts, every later one is kept (X1).
pub async fn run(app: App, request: Authorized<GetResultRequest>) -> Result<GetResultResponse, RpcError> {
    let branch = request.organization().ok_or_else(Refusal::not_found)?;
    let mut fields = Fields::new();
    let asked: Option<CycleId> = fields.optional("cycle_id", &request.cycle_id);
    fields.done()?;

    // What is read after the outcome never changes under it: facts once frozen, explanations under their hash.
    let read = app.store.read(&request).await?;
    let outcome = match asked {
        Some(cycle) => outcomes::get(&read, cycle, branch).await?,
        None => outcomes::latest(&read, branch).await?,
    };
    let outcome = outcome.ok_or_else(Refusal::not_found)?;
    let result = Some(convert::result(&outcome));
    if request.result_only || outcome.stage == Stage::Waiting {
        return Ok(GetResultResponse {
            result,
            ..Default::default()
        });
    }
    let cycle = cycles::whoevers(&read, outcome.cycle)
        .await?
        .ok_or_else(Refusal::not_found)?;
    let template = app.templates.get(&read, &cycle.template).await?;
    let body = body(&app, &read, &cycle, &outcome).await?;
    let explanation = evaluating::read(Some(&body))?;
    let facts = explanation
        .facts
        .iter()
        .map(|fact| convert::count(fact))
        .collect();
    let items = convert::items(&template, &explanation);
    let explanation_json = String::from_utf8(body).map_err(|e| Fault::from("an explanation", e))?;
    Ok(GetResultResponse {
        result,
        explanation_json,
        facts,
        items,
    })
}

async fn body(app: &App, read: &Read, cycle: &Cycle, outcome: &Outcome) -> Result<Vec<u8>, RpcError> {
    if outcome.stage == Stage::Evaluated {
        let kept = explanations::get(read, cycle.id, outcome.branch, &outcome.explanation_hash).await?;
        return kept.ok_or_else(|| Refusal::not_found().into());
    }
    let template = app.templates.get(read, &cycle.template).await?;
    let facts = facts::get(read, cycle.id, outcome.branch).await?;
    Ok(evaluating::evaluate(&template, cycle, outcome, &facts, None)?
        .kept
        .body)
}
