//! A named branch's certificate.

use access::Authorized;
use kernel::{Refusal, RpcError, id::CycleId};
use proto::rating::v1::{GetCertificateRequest, GetCertificateResponse};
use wire::Fields;

use crate::{
    app::App,
    error::RatingError,
    store::{namings, outcomes},
};

/// Gives what was signed for the star that was named, the signature and the public key: it verifies without the server
/// (X17).
pub async fn run(
    app: App,
    request: Authorized<GetCertificateRequest>,
) -> Result<GetCertificateResponse, RpcError> {
    let branch = request.organization().ok_or_else(Refusal::not_found)?;
    let mut fields = Fields::new();
    let cycle: Option<CycleId> = fields.parse("cycle_id", &request.cycle_id);
    let cycle = fields.build(cycle)?;

    let read = app.store.read(&request).await?;
    let outcome = outcomes::get(&read, cycle, branch).await?;
    let outcome = outcome.ok_or_else(Refusal::not_found)?;
    let batch = outcome.batch.ok_or_else(Refusal::not_found)?;
    if !outcome.is_named() {
        return Err(RatingError::NotNamedYet(batch).into());
    }
    let certificate = namings::certificate(&read, batch, branch)
        .await?
        .ok_or_else(Refusal::not_found)?;
    let key = namings::public_key(&read, batch).await?;
    Ok(GetCertificateResponse {
        certificate_json: certificate.text,
        signature: hex::encode(&certificate.signature),
        public_key: key.unwrap_or_else(|| app.public_key.to_string()),
        batch_id: certificate.batch.to_string(),
    })
}
