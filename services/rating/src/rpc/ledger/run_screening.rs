//! Screens a subtree and keeps the ledger.

use access::Authorized;
use kernel::{Refusal, RpcError, day::add_months};
use proto::rating::v1::{RunScreeningRequest, RunScreeningResponse};
use wire::Fields;

use crate::{
    app::App,
    domain::ledger::{Finding, screened},
    error::RatingError,
    events,
    store::findings::{self, rule_key},
};

/// Opens a finding for each rule that fires, closes those that no longer do, reopens those that recur (S-105).
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
    let seen = app.organization.screen(top, on, request.deadline()).await?;
    let due_on = add_months(on, app.settings.finding_months);

    let tx = app.store.begin(&request).await?;
    let known = findings::of_screening(&tx).await?;
    let changes = screened(&seen.branches, seen.firings, known, on, due_on);
    let count = |list: &[Finding]| u32::try_from(list.len()).unwrap_or(u32::MAX);
    let answer = RunScreeningResponse {
        branches: u32::try_from(seen.branches.len()).unwrap_or(u32::MAX),
        opened: count(&changes.opened),
        closed: count(&changes.closed),
        reopened: count(&changes.reopened),
    };
    let changed = changes
        .opened
        .into_iter()
        .chain(changes.closed)
        .chain(changes.reopened);
    let changed: Vec<_> = changed.map(|finding| (rule_key(&finding), finding)).collect();
    findings::put(&tx, &changed).await?;
    for (_, finding) in &changed {
        events::finding(&tx, finding);
    }
    tx.concerns(top, top.into());
    tx.commit(answer).await
}
