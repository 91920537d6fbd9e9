//! Bookings made by a subtree.

use access::Authorized;
use kernel::{RpcError, id::BookingId};
use proto::resource::v1::{ListBookingsRequest, ListBookingsResponse};
use uuid::Uuid;

use crate::{app::App, convert, store::bookings};

const PAGE: u64 = 100;

/// Newest first, each in the state that the clock has it in.
pub async fn run(
    app: App,
    request: Authorized<ListBookingsRequest>,
) -> Result<ListBookingsResponse, RpcError> {
    let asked = format!(
        "bookings/{}/{}",
        request.organization_id.to_lowercase(),
        request.state
    );
    let after = app.pages.open(&asked, &request.page_token)?;
    let after = after.and_then(|last| Uuid::from_slice(&last).ok()).map(BookingId);
    let size = u64::try_from(request.page_size)
        .ok()
        .filter(|size| *size > 0)
        .unwrap_or(PAGE);
    let now = app.clock.now();

    let read = app.store.read(&request).await?;
    let state = convert::state(request.state);
    let mut found = bookings::list(&read, state, now, after, size + 1).await?;

    let more = found.len() as u64 > size;
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let last = found.last().filter(|_| more);
    Ok(ListBookingsResponse {
        next_page_token: last
            .map(|one| app.pages.token(&asked, &one.id.bytes()))
            .unwrap_or_default(),
        bookings: found.iter().map(|one| convert::booking(one, now)).collect(),
    })
}
