//! One meeting with its attendance, in one call.

use access::Authorized;
use kernel::{Refusal, RpcError, id::MeetingId};
use proto::activity::v1::{RecordMeetingRequest, RecordMeetingResponse};

use crate::{
    app::App,
    convert,
    domain::{
        meeting::{Meeting, complete_today, hold},
        norm::Norms,
    },
    error::ActivityError,
    events,
    store::meetings,
};

/// Judges the meeting by the roll and the norms of its day, and keeps it with 应到 as it was then.
pub async fn run(
    app: App,
    request: Authorized<RecordMeetingRequest>,
) -> Result<RecordMeetingResponse, RpcError> {
    let branch = request.organization().ok_or_else(Refusal::not_found)?;
    let sent = request.content.as_ref().ok_or_else(Refusal::not_found)?;
    let content = convert::meeting::content(sent)?;
    app.meet(request.ranges(), content.group).await?;
    let place = app
        .place(branch, content.group, content.held_on)
        .ok_or(ActivityError::BranchNotABranch)?;
    let day = (branch, content.held_on);
    let roll = app
        .member
        .rolls(&[day], request.deadline())
        .await?
        .remove(&day)
        .unwrap_or_default();

    let today = app.clock.today();

    let tx = app.store.begin(&request).await?;
    let held = hold(&content, &place, &roll, Norms::shipped(), today)?;
    complete_today(&content, today)?;
    let meeting = Meeting {
        id: MeetingId::new(),
        branch,
        content,
        turnout: held.turnout,
        quorate: held.quorate,
        absent: held.absent,
        annulled: false,
        version: 1,
    };
    meetings::insert(&tx, std::slice::from_ref(&meeting)).await?;
    events::meeting(&tx, &meeting);
    tx.concerns(branch, meeting.id.into());
    tx.commit(RecordMeetingResponse {
        meeting: Some(convert::meeting::bare(&meeting)),
    })
    .await
}
