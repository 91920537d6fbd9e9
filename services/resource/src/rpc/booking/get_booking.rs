//! One booking.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::resource::v1::{GetBookingRequest, GetBookingResponse};

use crate::{app::App, convert, store::bookings};

/// Reads a booking made inside the caller's part of the tree, in the state that the clock has it in.
pub async fn run(app: App, request: Authorized<GetBookingRequest>) -> Result<GetBookingResponse, RpcError> {
    let id = convert::booking_id(&request.booking_id)?;

    let read = app.store.read(&request).await?;
    let booking = bookings::get(&read, id).await?.ok_or_else(Refusal::not_found)?;

    Ok(GetBookingResponse {
        booking: Some(convert::booking(&booking, app.clock.now())),
    })
}
