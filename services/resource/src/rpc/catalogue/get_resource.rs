//! One offering.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::resource::v1::{GetResourceRequest, GetResourceResponse};
use wire::Fields;

use crate::{app::App, convert, store::resources};

/// Reads an offering that serves the organization, in whatever standing; absent and not for it are one answer.
pub async fn run(app: App, request: Authorized<GetResourceRequest>) -> Result<GetResourceResponse, RpcError> {
    let mut fields = Fields::new();
    let id = fields.parse("resource_id", &request.resource_id);
    let id = fields.build(id)?;
    let lineage = app.lineage(request.organization().ok_or_else(Refusal::not_found)?)?;

    let read = app.store.read(&request).await?;
    let offering = resources::get(&read, id)
        .await?
        .filter(|one| one.serves(&lineage));
    let offering = offering.ok_or_else(Refusal::not_found)?;

    Ok(GetResourceResponse {
        resource: Some(convert::resource(&offering)),
    })
}
