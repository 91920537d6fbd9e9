//! One member on a date, sensitive fields masked.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::member::v1::{GetMemberRequest, GetMemberResponse};
use wire::Fields;

use crate::{app::App, convert::members, store::persons};

/// Reads the member as he was on the date asked for; absent and hidden are one answer.
pub async fn run(app: App, request: Authorized<GetMemberRequest>) -> Result<GetMemberResponse, RpcError> {
    let on = members::as_of(&request.as_of, app.clock.today())?;
    let mut fields = Fields::new();
    let id = fields.parse("person_id", &request.person_id);
    let id = fields.build(id)?;

    let read = app.store.read(&request).await?;
    let seen = persons::get(&read, id, on)
        .await?
        .ok_or_else(Refusal::not_found)?;

    let member = members::shown(&seen, on, &app.keys)?;
    let member =
        wire::mask::keep(member, request.read_mask.as_ref()).map_err(|wrong| Refusal::fields(vec![wrong]))?;
    Ok(GetMemberResponse { member: Some(member) })
}
