//! Meetings of a subtree in a period.

use access::Authorized;
use kernel::{Day, Refusal, RpcError};
use proto::activity::v1::{ListMeetingsRequest, ListMeetingsResponse};
use storage::page;
use uuid::Uuid;
use wire::Fields;

use crate::{app::App, convert, domain::meeting::Meeting, store::meetings};

const PAGE: i32 = 100;
const LARGEST: u64 = 1000;

/// Reads a page, newest first, attendance left out; a meeting stands on one page only, whatever comes in between.
pub async fn run(
    app: App,
    request: Authorized<ListMeetingsRequest>,
) -> Result<ListMeetingsResponse, RpcError> {
    let mut fields = Fields::new();
    let period = fields.period(("first_day", &request.first_day), ("last_day", &request.last_day));
    let period = fields.build(period)?;
    let asked = if request.page_size == 0 {
        PAGE
    } else {
        request.page_size
    };
    let question = format!(
        "ListMeetings {} {} {} {}",
        request.organization_id,
        period.first(),
        period.last(),
        request.duty
    );
    let before = app
        .pages
        .open(&question, &request.page_token)?
        .map(|last| key(&last))
        .transpose()?;

    let read = app.store.read(&request).await?;
    let size = page::size(asked, LARGEST);
    let found = meetings::newest(&read, period, convert::duty(request.duty), before, size).await?;
    let token = |last: &Meeting| app.pages.token(&question, &bytes(last));
    Ok(ListMeetingsResponse {
        next_page_token: found
            .rows
            .last()
            .filter(|_| found.more)
            .map(token)
            .unwrap_or_default(),
        meetings: found.rows.iter().map(convert::meeting::bare).collect(),
    })
}

fn bytes(meeting: &Meeting) -> Vec<u8> {
    format!("{} {}", meeting.content.held_on, meeting.id).into_bytes()
}

fn key(bytes: &[u8]) -> Result<(Day, Uuid), Refusal> {
    let read = || {
        let (day, id) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
        Some((day.parse().ok()?, id.parse().ok()?))
    };
    read().ok_or_else(Refusal::not_found)
}
