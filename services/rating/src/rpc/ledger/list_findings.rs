//! The ledger of findings of a subtree.

use access::Authorized;
use kernel::{RpcError, id::FindingId};
use proto::rating::v1::{ListFindingsRequest, ListFindingsResponse};
use uuid::Uuid;

use crate::{
    app::App,
    convert,
    store::findings::{self, Wanted},
};

/// Reads a page by id.
pub async fn run(
    app: App,
    request: Authorized<ListFindingsRequest>,
) -> Result<ListFindingsResponse, RpcError> {
    let wanted = Wanted {
        open_only: request.open_only,
        screening_only: request.screening_only,
    };
    let size = crate::rpc::page_size(request.page_size);
    let question = format!("ListFindings {} {wanted:?}", request.organization_id);
    let after = app.pages.open(&question, &request.page_token)?;
    let after = after.and_then(|key| Uuid::from_slice(&key).ok()).map(FindingId);

    let read = app.store.read(&request).await?;
    let mut found = findings::list(&read, wanted, after, size as u64 + 1).await?;
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    Ok(ListFindingsResponse {
        next_page_token: last
            .map(|(one, _)| app.pages.token(&question, &one.id.bytes()))
            .unwrap_or_default(),
        findings: found.iter().map(|(one, at)| convert::finding(one, *at)).collect(),
    })
}
