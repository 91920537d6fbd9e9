//! Rectification cases of a subtree.

use access::Authorized;
use kernel::{RpcError, id::CaseId};
use proto::rating::v1::{ListRectificationsRequest, ListRectificationsResponse};
use uuid::Uuid;

use crate::{app::App, convert, store::rectifications};

/// Reads a page by id (S-315).
pub async fn run(
    app: App,
    request: Authorized<ListRectificationsRequest>,
) -> Result<ListRectificationsResponse, RpcError> {
    let size = crate::rpc::page_size(request.page_size);
    let question = format!(
        "ListRectifications {} {}",
        request.organization_id, request.open_only
    );
    let after = app.pages.open(&question, &request.page_token)?;
    let after = after.and_then(|key| Uuid::from_slice(&key).ok()).map(CaseId);

    let read = app.store.read(&request).await?;
    let mut found = rectifications::list(&read, request.open_only, after, size as u64 + 1).await?;
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    Ok(ListRectificationsResponse {
        next_page_token: last
            .map(|one| app.pages.token(&question, &one.case.bytes()))
            .unwrap_or_default(),
        cases: found.iter().map(convert::rectification).collect(),
    })
}
