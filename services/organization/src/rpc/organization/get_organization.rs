//! One organization, on a date.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::organization::v1::{GetOrganizationRequest, GetOrganizationResponse};
use wire::Fields;

use crate::{
    app::App,
    store::{beside, organizations},
};

/// Reads the organization as it was on the date asked for; absent and hidden are one answer.
pub async fn run(
    app: App,
    request: Authorized<GetOrganizationRequest>,
) -> Result<GetOrganizationResponse, RpcError> {
    let mut fields = Fields::new();
    let asked = fields.optional_day("as_of", &request.as_of);
    fields.done()?;
    let on = asked.unwrap_or_else(|| app.clock.today());
    let id = request.organization().ok_or_else(Refusal::not_found)?;

    let read = app.store.read(&request).await?;
    let standing = organizations::get(&read, id, on)
        .await?
        .ok_or_else(Refusal::not_found)?;
    let mut beside = beside::of(&read, &[id], on).await?;

    let organization = standing.wire(beside.remove(&id).unwrap_or_default());
    Ok(GetOrganizationResponse {
        organization: Some(organization),
    })
}
