//! One meeting with its attendance.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::activity::v1::{GetMeetingRequest, GetMeetingResponse};
use uuid::Uuid;

use crate::{app::App, convert, store::meetings};

/// Reads it where it lies in the caller's range; hidden and absent answer alike.
pub async fn run(app: App, request: Authorized<GetMeetingRequest>) -> Result<GetMeetingResponse, RpcError> {
    let id: Uuid = request.meeting_id.parse().map_err(|_| Refusal::not_found())?;
    let read = app.store.read(&request).await?;
    let meeting = meetings::get(&read, id.into())
        .await?
        .ok_or_else(Refusal::not_found)?;
    Ok(GetMeetingResponse {
        meeting: Some(convert::meeting::whole(&meeting)),
    })
}
