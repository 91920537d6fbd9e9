//! Cancels a booking before its start.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::resource::v1::{CancelBookingRequest, CancelBookingResponse};

use crate::{app::App, convert, events, rpc::booking::changed, store::bookings, timers::give_back};

/// Gives everything back in the same unit of work; who waits for it is woken in it too.
pub async fn run(
    app: App,
    request: Authorized<CancelBookingRequest>,
) -> Result<CancelBookingResponse, RpcError> {
    let id = convert::booking_id(&request.booking_id)?;
    let now = app.clock.now();

    let tx = app.store.begin(&request).await?;
    let open = bookings::get(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    let seen = open.version;
    let cancelled = open.cancel(now)?;
    wire::etag::check(&request.etag, id.into(), seen)?;

    changed(bookings::update(&tx, &cancelled).await?)?;
    give_back(&tx, &cancelled, now).await?;
    events::booking(&tx, &cancelled, now);
    tx.concerns(cancelled.organization, id.into());
    tx.commit(CancelBookingResponse {
        booking: Some(convert::booking(&cancelled, now)),
    })
    .await
}
