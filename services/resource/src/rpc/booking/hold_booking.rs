//! Holds one offering or a bundle, whole or not at all.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::resource::v1::{HoldBookingRequest, HoldBookingResponse};

use crate::{
    app::App,
    convert,
    domain::span::in_order,
    holding::{self, Wanted},
};

/// Holds everything until the hold expires, or refuses with what is free instead (S-210, X4).
pub async fn run(app: App, request: Authorized<HoldBookingRequest>) -> Result<HoldBookingResponse, RpcError> {
    let organization = request.organization().ok_or_else(Refusal::not_found)?;
    let lineage = app.lineage(organization)?;
    let now = app.clock.now();
    let lines = in_order(convert::lines(&request.lines)?, now)?;

    let tx = app.store.begin(&request).await?;
    let wanted = Wanted {
        organization,
        lineage: &lineage,
        lines,
        purpose: request.purpose.clone(),
        booked_by: &request.caller().subject,
        expires_at: app.expiry(now),
    };
    let booking = holding::hold(&tx, wanted, now).await?;

    tx.concerns(organization, booking.id.into());
    tx.commit(HoldBookingResponse {
        booking: Some(convert::booking(&booking, now)),
    })
    .await
}
