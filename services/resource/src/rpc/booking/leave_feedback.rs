//! Says how it was, after use.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::resource::v1::{LeaveFeedbackRequest, LeaveFeedbackResponse};

use crate::{
    app::App,
    convert,
    domain::{booking::State, span},
    error::ResourceError,
    events,
    store::{bookings, feedback, resources},
};

/// Once a booking that was kept; the grade counts for each of its offerings.
pub async fn run(
    app: App,
    request: Authorized<LeaveFeedbackRequest>,
) -> Result<LeaveFeedbackResponse, RpcError> {
    let id = convert::booking_id(&request.booking_id)?;

    let tx = app.store.begin(&request).await?;
    let booking = bookings::get(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    if booking.at(app.clock.now()) != State::Kept {
        return Err(ResourceError::NotKept.into());
    }
    let by = &request.caller().subject;
    if !feedback::insert(&tx, id, request.grade, &request.words, by).await? {
        return Err(ResourceError::FeedbackGiven.into());
    }
    let used = span::resources(&booking.lines);
    let locked = resources::lock(&tx, &used).await?;
    resources::grade(&tx, &used, request.grade).await?;
    for offering in locked.into_values() {
        events::resource(&tx, &offering.graded_with(request.grade));
    }

    tx.concerns(booking.organization, id.into());
    tx.commit(LeaveFeedbackResponse {}).await
}
