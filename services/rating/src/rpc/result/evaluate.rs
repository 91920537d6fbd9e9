//! Evaluates a branch with the marks of its debrief.

use access::Authorized;
use kernel::{
    Refusal, RpcError,
    id::{CycleId, OrganizationId},
};
use proto::rating::v1::{EvaluateRequest, EvaluateResponse};
use wire::Fields;

use crate::{
    app::App,
    convert,
    domain::outcome::Stage,
    error::RatingError,
    evaluating, events, indicators,
    store::{cycles, explanations, facts, marks, outcomes},
};

/// Keeps the explanation whose hash the step `resolve` binds; with the same facts and marks nothing changes (X1).
pub async fn run(app: App, request: Authorized<EvaluateRequest>) -> Result<EvaluateResponse, RpcError> {
    let mut fields = Fields::new();
    let cycle: Option<CycleId> = fields.parse("cycle_id", &request.cycle_id);
    let branch: Option<OrganizationId> = fields.parse("branch_id", &request.branch_id);
    let (cycle, branch) = fields.build(cycle.zip(branch))?;

    let tx = app.store.begin(&request).await?;
    let outcome = outcomes::lock(&tx, cycle, branch)
        .await?
        .ok_or_else(Refusal::not_found)?;
    if !outcome.is_rated() {
        return Err(RatingError::NotRated.into());
    }
    if outcome.stage == Stage::Waiting {
        return Err(RatingError::NotFrozen.into());
    }
    let entered = marks::get(&tx, cycle, &[branch]).await?;
    let entered = entered.get(&branch).ok_or(RatingError::MarksMissing)?;
    let cycle = cycles::whoevers(&tx, cycle)
        .await?
        .ok_or_else(Refusal::not_found)?;
    let template = app.templates.get(&tx, &cycle.template).await?;
    let mut known = facts::get(&tx, cycle.id, branch).await?;
    known.extend(indicators::review(entered));

    let evaluation = evaluating::evaluate(&template, &cycle, &outcome, &known, outcome.standing.clone())?;
    let hash = evaluation.kept.hash.clone();
    let before = outcome.version;
    let after = outcome.evaluated(evaluation.explanation.results, hash);

    tx.concerns(branch, after.id.into());
    if after.version != before {
        explanations::keep(&tx, cycle.id, vec![evaluation.kept]).await?;
        outcomes::put(&tx, std::slice::from_ref(&after)).await?;
        events::outcome(&tx, &after);
    } else {
        tx.unchanged();
    }
    tx.commit(EvaluateResponse {
        result: Some(convert::result(&after)),
    })
    .await
}
