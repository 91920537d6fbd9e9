//! What each branch of a subtree owes and has held.

use std::sync::Arc;

use access::{Authorized, Node};
use kernel::{Period, Refusal, RpcError, id::OrganizationId};
use proto::activity::v1::{ListOwedRequest, ListOwedResponse};
use uuid::Uuid;
use wire::Fields;

use crate::{app::App, branches, convert};

const PAGE: i32 = 100;

/// Reads a page in order of branch id, as known today.
pub async fn run(app: App, request: Authorized<ListOwedRequest>) -> Result<ListOwedResponse, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let mut fields = Fields::new();
    let period = fields.period(("first_day", &request.first_day), ("last_day", &request.last_day));
    let period = fields.build(period)?;
    let asked = if request.page_size == 0 {
        PAGE
    } else {
        request.page_size
    };
    let size = usize::try_from(asked).unwrap_or_default();
    let question = format!("ListOwed {top} {} {}", period.first(), period.last());
    let after = app.pages.open(&question, &request.page_token)?;

    let mut nodes = visible(&app, &request, top, period);
    if let Some(after) = after.and_then(|last| Uuid::from_slice(&last).ok()) {
        nodes.retain(|node| Uuid::from(node.id) > after);
    }
    let more = nodes.len() > size;
    nodes.truncate(size);
    let today = app.clock.today();
    let read = app.store.snapshot(&request).await?;
    let found = branches::load(&read, &app.scopes, &nodes, period, today).await?;

    let past = period.clip(period.first(), Some(today));
    let last = nodes.last().filter(|_| more);
    let told = nodes
        .iter()
        .zip(&found)
        .map(|(node, branch)| convert::owed::branch(node.id, branch, past, today));
    Ok(ListOwedResponse {
        branches: told.collect(),
        next_page_token: last
            .map(|node| app.pages.token(&question, &node.id.bytes()))
            .unwrap_or_default(),
    })
}

/// Branches of the subtree that the caller may see and that existed in the period.
fn visible(
    app: &App,
    request: &Authorized<ListOwedRequest>,
    top: OrganizationId,
    period: Period,
) -> Vec<Arc<Node>> {
    let mut nodes = app.scopes.subtree(top);
    nodes.retain(|node| {
        node.on(period.last()).kind.is_branch()
            && request.ranges().contains(&node.path)
            && period.clip(node.founded_on, node.dissolved_on).is_some()
    });
    nodes.sort_by_key(|node| node.id);
    nodes
}
