//! The members of a subtree on a date.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::member::v1::{ListMembersRequest, ListMembersResponse};
use uuid::Uuid;

use crate::{app::App, convert::members, store::persons};

const PAGE: i32 = 100;

/// Reads a page in order of ids, never of points (X13).
pub async fn run(app: App, request: Authorized<ListMembersRequest>) -> Result<ListMembersResponse, RpcError> {
    let on = members::as_of(&request.as_of, app.clock.today())?;
    let size = if request.page_size == 0 {
        PAGE
    } else {
        request.page_size
    }
    .unsigned_abs() as usize;
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let question = format!("ListMembers {top} {on}");
    let after = app.pages.open(&question, &request.page_token)?;
    let after = after.and_then(|bytes| Uuid::from_slice(&bytes).ok());

    let read = app.store.read(&request).await?;
    let mut seen = persons::list(&read, on, after, size as u64 + 1).await?;
    let more = seen.len() > size;
    seen.truncate(size);

    let last = seen.last().filter(|_| more);
    let next = last.map(|seen| app.pages.token(&question, seen.person.id.as_bytes()));
    let shown: Result<Vec<_>, _> = seen
        .iter()
        .map(|seen| members::shown(seen, on, &app.keys))
        .collect();
    Ok(ListMembersResponse {
        members: shown?,
        next_page_token: next.unwrap_or_default(),
    })
}
