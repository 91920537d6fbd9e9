//! One branch's result with its explanation.

use access::Authorized;
use kernel::{Fault, Refusal, RpcError, id::CycleId};
use proto::rating::v1::{GetResultRequest, GetResultResponse};
use storage::Read;
use wire::Fields;

use crate::{
    app::App,
    convert,
    domain::{
        outcome::{Outcome, Stage},
        template::FrozenTemplate,
    },
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
    let body = match request.explanation_hash.as_str() {
        "" => body(&read, &template, &cycle, &outcome, &outcome.explanation_hash).await?,
        asked => body(&read, &template, &cycle, &outcome, asked).await?,
    };
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

/// The explanation under a hash: that of the base part is made from the frozen facts, any other is kept.
async fn body(
    read: &Read,
    template: &FrozenTemplate,
    cycle: &Cycle,
    outcome: &Outcome,
    hash: &str,
) -> Result<Vec<u8>, RpcError> {
    if hash != outcome.prefilled_hash {
        let kept = explanations::get(read, cycle.id, outcome.branch, hash).await?;
        return kept.ok_or_else(|| Refusal::not_found().into());
    }
    let facts = facts::get(read, cycle.id, outcome.branch).await?;
    let base = evaluating::evaluate(template, cycle, outcome, &facts, None)?;
    Ok(base.kept.body)
}
