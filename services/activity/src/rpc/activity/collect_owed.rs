//! What branches owe, for organization's screening.

use std::sync::Arc;

use access::{Authorized, Node};
use kernel::{Refusal, RpcError, id::OrganizationId};
use proto::activity::v1::{CollectOwedRequest, CollectOwedResponse};
use wire::Fields;

use crate::{app::App, branches, convert, domain::owed::records_begin, store::sessions};

/// Answers for every branch asked, in that order, as known today: nothing is owed of what lies before the records.
pub async fn run(app: App, request: Authorized<CollectOwedRequest>) -> Result<CollectOwedResponse, RpcError> {
    let mut fields = Fields::new();
    let period = fields.period(("first_day", &request.first_day), ("last_day", &request.last_day));
    let parse = |(at, id): (usize, &String)| fields.parse(&format!("branch_ids[{at}]"), id);
    let ids: Vec<OrganizationId> = request.branch_ids.iter().enumerate().filter_map(parse).collect();
    let period = fields.build(period)?;
    app.meet(request.ranges(), ids.iter().copied()).await?;
    let was_branch = |node: &Arc<Node>| node.on(period.last()).kind.is_branch();
    let branch = |id: &OrganizationId| app.scopes.get(*id).filter(was_branch);
    let nodes: Option<Vec<_>> = ids.iter().map(branch).collect();
    let nodes = nodes.ok_or_else(Refusal::not_found)?;

    // What was committed gets its position first; then position and answer are of one moment.
    storage::feed::advance(&app.store).await?;
    let today = app.clock.today();
    let read = app.store.snapshot(&request).await?;
    let position = storage::feed::position(&read).await?;
    let found = branches::load(&read, &app.scopes, &nodes, period, today).await?;
    let began = records_begin(sessions::first_day(&read).await?.unwrap_or(today));
    let past = period.clip(began, Some(today));
    let told = nodes
        .iter()
        .zip(&found)
        .map(|(node, branch)| convert::owed::branch(node.id, branch, past, today));
    Ok(CollectOwedResponse {
        branches: told.collect(),
        position,
    })
}
