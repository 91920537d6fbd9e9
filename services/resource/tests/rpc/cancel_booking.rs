//! CancelBooking.

use proto::resource::v1::{
    Booking, BookingState, CancelBookingRequest, ResourceKind, resource_service_server::ResourceService,
};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};
use tonic::Status;

use crate::stage::Libraries;

async fn cancel(here: &Libraries, booking: &Booking) -> Result<Booking, Status> {
    let request = CancelBookingRequest {
        booking_id: booking.id.clone(),
        etag: booking.etag.clone(),
        request_id: new_id(),
    };
    let answer = here.rpc.cancel_booking(here.clerk.asks(request)).await?;
    Ok(answer.into_inner().booking.expect("a booking"))
}

testkit::on_both! {
    async fn everything_is_given_back_at_once(database: Database) {
        let here = Libraries::open(&database).await;
        let (trainer, venue) = (here.trainer().await, here.offering(ResourceKind::Venue, 40).await);
        let lines = vec![here.line(trainer, 24, 27, 1), here.line(venue, 24, 27, 40)];
        let held = here.hold(lines.clone()).await.expect("answered");
        let confirmed = here.confirm(&held).await.expect("answered");
        let cancelled = cancel(&here, &confirmed).await.expect("answered");
        assert_eq!((cancelled.state(), cancelled.version), (BookingState::Cancelled, 3));
        assert_eq!((here.free(trainer, 24, 27).await, here.free(venue, 24, 27).await), (1, 40));
        here.hold_for_other(lines).await.expect("answered");
        assert_eq!(reason(&cancel(&here, &cancelled).await.expect_err("refused")), "BOOKING_CLOSED");
    }

    async fn what_has_started_is_not_cancelled(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let confirmed = here.confirm(&held).await.expect("answered");
        assert_eq!(reason(&cancel(&here, &held).await.expect_err("refused")), "ETAG_MISMATCH");
        here.wait_until(24);
        assert_eq!(reason(&cancel(&here, &confirmed).await.expect_err("refused")), "ALREADY_STARTED");
    }

    async fn a_booking_of_others_is_absent(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold_for_other(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        assert_eq!(reason(&cancel(&here, &held).await.expect_err("refused")), "NOT_FOUND");
    }
}
