//! The organizations of a subtree on a date.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::organization::v1::{ListOrganizationsRequest, ListOrganizationsResponse};
use wire::{Fields, words};

use crate::{
    app::App,
    store::{
        beside,
        organizations::{self, Top},
    },
};

const PAGE: i32 = 100;

/// Reads a page in order of path: parents before children, the same row on one page only.
pub async fn run(
    app: App,
    request: Authorized<ListOrganizationsRequest>,
) -> Result<ListOrganizationsResponse, RpcError> {
    let mut fields = Fields::new();
    let asked = fields.optional_day("as_of", &request.as_of);
    fields.done()?;
    let on = asked.unwrap_or_else(|| app.clock.today());
    let kinds: Vec<_> = request
        .kinds
        .iter()
        .filter_map(|number| words::kind(*number))
        .collect();
    let size = if request.page_size == 0 {
        PAGE
    } else {
        request.page_size
    }
    .unsigned_abs() as usize;
    let question = format!("ListOrganizations {} {on} {kinds:?}", request.organization_id);
    let after = app.pages.open(&question, &request.page_token)?;

    let id = request.organization().ok_or_else(Refusal::not_found)?;
    let now = app.scopes.path(id).ok_or_else(Refusal::not_found)?;

    let read = app.store.read(&request).await?;
    let Some(then) = organizations::get(&read, id, on).await? else {
        return Ok(ListOrganizationsResponse::default());
    };
    let top = Top {
        now: now.to_vec(),
        then: then.path,
    };
    let mut found = organizations::list(&read, &top, on, &kinds, after, size as u64 + 1).await?;
    let more = found.len() > size;
    found.truncate(size);
    let ids: Vec<_> = found.iter().map(|one| one.id).collect();
    let mut beside = beside::of(&read, &ids, on).await?;

    let last = found.last().filter(|_| more);
    Ok(ListOrganizationsResponse {
        next_page_token: last
            .map(|one| app.pages.token(&question, &one.path))
            .unwrap_or_default(),
        organizations: found
            .iter()
            .map(|one| one.wire(beside.remove(&one.id).unwrap_or_default()))
            .collect(),
    })
}
