//! Cases below an organization.

use access::Authorized;
use kernel::RpcError;
use proto::process::v1 as wire;
use uuid::Uuid;

use crate::keeper::{Keeper, convert, rows};

/// What the caller may see of them, page by page, by id.
pub(super) async fn run(
    keeper: Keeper,
    pages: ::wire::Pages,
    request: Authorized<wire::ListCasesRequest>,
) -> Result<wire::ListCasesResponse, RpcError> {
    let below = super::subtree(&keeper, &request, &request.organization_id)?;
    let question = format!(
        "ListCases {} {} {} {}",
        request.organization_id, request.procedure, request.state, request.open_only
    );
    let after = pages
        .open(&question, &request.page_token)?
        .and_then(|last| Uuid::from_slice(&last).ok());
    let size = super::page_size(request.page_size);

    let read = keeper.store.read(&request).await?;
    let limits = rows::Limits {
        ranges: &below,
        procedure: &request.procedure,
        state: &request.state,
        open_only: request.open_only,
        after,
        size: u64::try_from(size + 1).unwrap_or(u64::MAX),
    };
    let mut found = rows::list(&read, limits).await?;
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more).map(|kept| kept.id.bytes());
    Ok(wire::ListCasesResponse {
        cases: found
            .iter()
            .map(|kept| convert::case(keeper.definitions, kept))
            .collect(),
        next_page_token: last.map(|last| pages.token(&question, &last)).unwrap_or_default(),
    })
}
