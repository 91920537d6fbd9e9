//! Which rules fire for the branches of a subtree on a date.

use std::sync::Arc;

use access::{Authorized, Node};
use futures::{Stream, StreamExt, stream};
use kernel::{Fault, Period, Refusal, RpcError};
use proto::organization::v1::{Firing, ScreenRequest, ScreenResponse};
use wire::Fields;

use crate::{app::App, domain::screening, store::branches};

/// Branches in one message.
const BATCH: usize = 500;

/// Screens batch by batch: organization's own facts, and activity's of the year up to the day.
pub async fn run(
    app: App,
    request: Authorized<ScreenRequest>,
) -> Result<impl Stream<Item = Result<ScreenResponse, RpcError>> + Send + 'static, RpcError> {
    let mut fields = Fields::new();
    let top = fields.parse("organization_id", &request.organization_id);
    let on = fields.day("on", &request.on);
    let (top, on) = fields.build((|| Some((top?, on?)))())?;
    let mut nodes = app.scopes.subtree(top);
    if nodes.is_empty() {
        return Err(Refusal::not_found().into());
    }
    nodes.retain(|node| node.on(on).kind.is_rated() && node.exists_on(on));
    nodes.sort_by_key(|node| node.id);

    let year = screening::year_to(on).ok_or_else(|| Fault::new("a year without its first day"))?;
    let batches: Vec<Vec<Arc<Node>>> = nodes.chunks(BATCH).map(<[Arc<Node>]>::to_vec).collect();
    let request = Arc::new(request);
    Ok(stream::iter(batches).then(move |batch| {
        let (app, request) = (app.clone(), request.clone());
        async move { screen(&app, &request, &batch, year).await }
    }))
}

async fn screen(
    app: &App,
    request: &Authorized<ScreenRequest>,
    nodes: &[Arc<Node>],
    year: Period,
) -> Result<ScreenResponse, RpcError> {
    let ids: Vec<_> = nodes.iter().map(|node| node.id).collect();
    let lives = app.activity.life(&ids, year, request.deadline()).await?;
    storage::feed::advance(&app.store).await?;
    let read = app.store.snapshot(request).await?;
    let position = storage::feed::position(&read).await?;
    let mut firings = Vec::new();
    for branch in branches::load(&read, nodes, year.last()).await? {
        let life = lives.get(&branch.id).cloned().unwrap_or_default();
        let fired = screening::fire(&branch, &life, year.last());
        firings.extend(fired.into_iter().map(|firing| Firing {
            branch_id: branch.id.to_string(),
            rule: firing.rule.to_owned(),
            norm: firing.norm,
            why: firing.why,
            evidence_json: firing.evidence.to_string(),
        }));
    }
    Ok(ScreenResponse {
        branch_ids: ids.iter().map(ToString::to_string).collect(),
        firings,
        position,
    })
}
