//! The record of a meeting is complete.

use access::Authorized;
use kernel::{Kind, Refusal, RpcError};
use proto::activity::v1::{CompleteMeetingRequest, CompleteMeetingResponse};
use uuid::Uuid;

use crate::{app::App, convert, error::ActivityError, events, store::meetings};

/// Notes today as the day of completion: nobody says another.
pub async fn run(
    app: App,
    request: Authorized<CompleteMeetingRequest>,
) -> Result<CompleteMeetingResponse, RpcError> {
    let id: Uuid = request.meeting_id.parse().map_err(|_| Refusal::not_found())?;
    let today = app.clock.today();

    let tx = app.store.begin(&request).await?;
    let mut meeting = meetings::get(&tx, id.into())
        .await?
        .ok_or_else(Refusal::not_found)?;
    wire::etag::check(&request.etag, id, meeting.version)?;
    if meeting.annulled {
        return Err(ActivityError::AlreadyAnnulled.into());
    }
    if meeting.content.completed_on.is_some() {
        return Err(ActivityError::AlreadyComplete.into());
    }
    if !meetings::complete(&tx, &meeting, today).await? {
        let zh = "内容刚被他人修改，请刷新后再改。";
        return Err(Refusal::new(Kind::Conflict, "ETAG_MISMATCH", zh).into());
    }
    meeting.content.completed_on = Some(today);
    meeting.version += 1;
    events::meeting(&tx, &meeting);
    tx.concerns(meeting.branch, id);
    tx.commit(CompleteMeetingResponse {
        meeting: Some(convert::meeting::bare(&meeting)),
    })
    .await
}
