//! Confirms a hold.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::resource::v1::{ConfirmBookingRequest, ConfirmBookingResponse};

use crate::{app::App, convert, events, rpc::booking::changed, store::bookings};

/// A hold that has not run out becomes a booking; nothing else is taken or given back.
pub async fn run(
    app: App,
    request: Authorized<ConfirmBookingRequest>,
) -> Result<ConfirmBookingResponse, RpcError> {
    let id = convert::booking_id(&request.booking_id)?;
    let now = app.clock.now();

    let tx = app.store.begin(&request).await?;
    let held = bookings::get(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    let seen = held.version;
    let confirmed = held.confirm(now)?;
    wire::etag::check(&request.etag, id.into(), seen)?;

    changed(bookings::update(&tx, &confirmed).await?)?;
    events::booking(&tx, &confirmed, now);
    tx.concerns(confirmed.organization, id.into());
    tx.commit(ConfirmBookingResponse {
        booking: Some(convert::booking(&confirmed, now)),
    })
    .await
}
