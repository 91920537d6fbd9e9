//! Posts of an organization on a date.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::organization::v1::{ListPostsRequest, ListPostsResponse};
use wire::Fields;

use crate::{app::App, convert, store::posts};

/// In order of office.
pub async fn run(app: App, request: Authorized<ListPostsRequest>) -> Result<ListPostsResponse, RpcError> {
    let mut fields = Fields::new();
    let asked = fields.optional_day("as_of", &request.as_of);
    fields.done()?;
    let id = request.organization().ok_or_else(Refusal::not_found)?;

    let read = app.store.read(&request).await?;
    let held = posts::on(&read, id, asked.unwrap_or_else(|| app.clock.today())).await?;
    Ok(ListPostsResponse {
        posts: held.iter().map(convert::post).collect(),
    })
}
