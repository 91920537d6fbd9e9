//! The results of a subtree.

use access::Authorized;
use kernel::{
    RpcError,
    id::{CycleId, OrganizationId},
};
use proto::rating::v1::{ListResultsRequest, ListResultsResponse};
use uuid::Uuid;
use wire::Fields;

use crate::{
    app::App,
    convert,
    store::{cycles, outcomes},
};

/// Reads a page of rated branches by id, of the latest cycle when none is named.
pub async fn run(app: App, request: Authorized<ListResultsRequest>) -> Result<ListResultsResponse, RpcError> {
    let mut fields = Fields::new();
    let asked: Option<CycleId> = fields.optional("cycle_id", &request.cycle_id);
    fields.done()?;
    let size = crate::rpc::page_size(request.page_size);
    let question = format!("ListResults {} {}", request.organization_id, request.cycle_id);
    let after = app.pages.open(&question, &request.page_token)?;
    let after = after
        .and_then(|key| Uuid::from_slice(&key).ok())
        .map(OrganizationId);

    let read = app.store.read(&request).await?;
    let cycle = match asked {
        Some(cycle) => Some(cycle),
        None => cycles::latest(&read).await?,
    };
    let Some(cycle) = cycle else {
        return Ok(ListResultsResponse::default());
    };
    let mut found = outcomes::list(&read, cycle, after, size as u64 + 1).await?;
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    Ok(ListResultsResponse {
        next_page_token: last
            .map(|one| app.pages.token(&question, &one.branch.bytes()))
            .unwrap_or_default(),
        results: found.iter().map(convert::result).collect(),
    })
}
