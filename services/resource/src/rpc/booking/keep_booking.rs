//! Records that a confirmed booking was kept.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::resource::v1::{KeepBookingRequest, KeepBookingResponse};

use crate::{app::App, convert, events, rpc::booking::changed, store::bookings};

/// Somebody came: from the start until the end of the day after; later it is missed.
pub async fn run(app: App, request: Authorized<KeepBookingRequest>) -> Result<KeepBookingResponse, RpcError> {
    let id = convert::booking_id(&request.booking_id)?;
    let now = app.clock.now();

    let tx = app.store.begin(&request).await?;
    let confirmed = bookings::get(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    let seen = confirmed.version;
    let kept = confirmed.keep(now)?;
    wire::etag::check(&request.etag, id.into(), seen)?;

    changed(bookings::update(&tx, &kept).await?)?;
    events::booking(&tx, &kept, now);
    tx.concerns(kept.organization, id.into());
    tx.commit(KeepBookingResponse {
        booking: Some(convert::booking(&kept, now)),
    })
    .await
}
