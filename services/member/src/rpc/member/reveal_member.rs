//! The sensitive fields of one member, in clear.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::member::v1::{RevealMemberRequest, RevealMemberResponse};
use wire::Fields;

use crate::{app::App, sealing, store::persons};

/// Opens the fields only where the read is recorded with its purpose: no entry, no answer (N-24).
pub async fn run(
    app: App,
    request: Authorized<RevealMemberRequest>,
) -> Result<RevealMemberResponse, RpcError> {
    let mut fields = Fields::new();
    let id = fields.parse("person_id", &request.person_id);
    let id = fields.build(id)?;

    let tx = app.store.begin(&request).await?;
    let seen = persons::get(&tx, id, app.clock.today())
        .await?
        .ok_or_else(Refusal::not_found)?;
    let person = &seen.person;
    let identity_number = sealing::open_identity(&app.keys, person.id, &person.identity_sealed)?;
    let phone = person.phone_sealed.as_deref();
    let phone = phone
        .map(|bytes| sealing::open_phone(&app.keys, person.id, bytes))
        .transpose()?;

    tx.concerns(seen.stay.branch_id.into(), person.id);
    tx.commit(RevealMemberResponse {
        identity_number,
        phone: phone.unwrap_or_default(),
    })
    .await
}
