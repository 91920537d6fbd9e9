//! A named branch's certificate.

use access::Authorized;
use kernel::{Refusal, RpcError, id::CycleId};
use proto::rating::v1::{GetCertificateRequest, GetCertificateResponse};
use wire::Fields;

use crate::{app::App, store::namings};

/// Gives what was signed, the signature and the public key: it verifies without the server (X17).
pub async fn run(
    app: App,
    request: Authorized<GetCertificateRequest>,
) -> Result<GetCertificateResponse, RpcError> {
    let branch = request.organization().ok_or_else(Refusal::not_found)?;
    let mut fields = Fields::new();
    let cycle: Option<CycleId> = fields.parse("cycle_id", &request.cycle_id);
    let cycle = fields.build(cycle)?;

    let read = app.store.read(&request).await?;
    let certificate = namings::certificate(&read, cycle, branch)
        .await?
        .ok_or_else(Refusal::not_found)?;
    Ok(GetCertificateResponse {
        certificate_json: certificate.text,
        signature: hex::encode(&certificate.signature),
        public_key: app.public_key.to_string(),
        batch_id: certificate.batch.to_string(),
    })
}
