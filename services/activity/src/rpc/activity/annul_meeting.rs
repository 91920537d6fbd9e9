//! A meeting that broke its own rules counts no more.

use access::Authorized;
use kernel::{Kind, Refusal, RpcError};
use proto::activity::v1::{AnnulMeetingRequest, AnnulMeetingResponse};
use uuid::Uuid;

use crate::{app::App, convert, error::ActivityError, events, store::meetings};

/// Annuls it with the reason; it stays on record.
pub async fn run(
    app: App,
    request: Authorized<AnnulMeetingRequest>,
) -> Result<AnnulMeetingResponse, RpcError> {
    let id: Uuid = request.meeting_id.parse().map_err(|_| Refusal::not_found())?;

    let tx = app.store.begin(&request).await?;
    let mut meeting = meetings::get(&tx, id.into())
        .await?
        .ok_or_else(Refusal::not_found)?;
    if meeting.annulled {
        return Err(ActivityError::AlreadyAnnulled.into());
    }
    wire::etag::check(&request.etag, id, meeting.version)?;
    if !meetings::annul(&tx, &meeting, request.reason.trim()).await? {
        let zh = "内容刚被他人修改，请刷新后再改。";
        return Err(Refusal::new(Kind::Conflict, "ETAG_MISMATCH", zh).into());
    }
    meeting.annulled = true;
    meeting.version += 1;
    events::meeting(&tx, &meeting);
    tx.concerns(meeting.branch, id);
    tx.commit(AnnulMeetingResponse {
        meeting: Some(convert::meeting::bare(&meeting)),
    })
    .await
}
