//! Screens a subtree and keeps the ledger.

use access::Authorized;
use kernel::{Day, Refusal, RpcError, day::add_months, id::OrganizationId};
use proto::rating::v1::{RunScreeningRequest, RunScreeningResponse};
use wire::Fields;

use crate::{
    app::App,
    domain::{
        cycle,
        ledger::{Finding, screened},
    },
    error::RatingError,
    events,
    peers::organization::Screened,
    rpc::is_outrun,
    store::findings::{self, rule_key},
};

/// Opens a finding for each rule that fires, closes those that no longer do, reopens those that recur (S-105). Whoever
/// was outrun by another screening of the same branches looks at the ledger again, once.
pub async fn run(
    app: App,
    request: Authorized<RunScreeningRequest>,
) -> Result<RunScreeningResponse, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let mut fields = Fields::new();
    let asked = fields.optional_day("on", &request.on);
    fields.done()?;
    let today = app.clock.today();
    let on = asked.unwrap_or(today);
    if on > today {
        return Err(RatingError::ScreeningInFuture.into());
    }
    let node = app.scopes.get(top).ok_or_else(Refusal::not_found)?;
    let first = cycle::screened_since(node.founded_on, today);
    if on < first {
        return Err(RatingError::ScreeningBeforeRecords(first).into());
    }
    let seen = app.organization.screen(top, on, request.deadline()).await?;
    match keep(&app, &request, &seen, (top, on)).await {
        Err(error) if is_outrun(&error) => keep(&app, &request, &seen, (top, on)).await,
        outcome => outcome,
    }
}

async fn keep(
    app: &App,
    request: &Authorized<RunScreeningRequest>,
    seen: &Screened,
    (top, on): (OrganizationId, Day),
) -> Result<RunScreeningResponse, RpcError> {
    let due_on = add_months(on, app.settings.finding_months);
    let tx = app.store.begin(request).await?;
    let known = findings::of_screening(&tx).await?;
    let changes = screened(&seen.branches, seen.firings.clone(), known, on, due_on);
    let count = |list: &[Finding]| u32::try_from(list.len()).unwrap_or(u32::MAX);
    let answer = RunScreeningResponse {
        branches: u32::try_from(seen.branches.len()).unwrap_or(u32::MAX),
        opened: count(&changes.opened),
        closed: count(&changes.closed),
        reopened: count(&changes.reopened),
    };
    let keyed = |finding: Finding| (rule_key(&finding), finding);
    let opened: Vec<_> = changes.opened.into_iter().map(keyed).collect();
    let changed: Vec<_> = changes
        .closed
        .into_iter()
        .chain(changes.reopened)
        .map(keyed)
        .collect();
    findings::insert(&tx, &opened).await?;
    findings::update(&tx, &changed).await?;
    for (_, finding) in opened.iter().chain(&changed) {
        events::finding(&tx, finding);
    }
    tx.concerns(top, top.into());
    tx.commit(answer).await
}
