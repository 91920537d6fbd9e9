//! KeepBooking.

use proto::resource::v1::{
    Booking, BookingState, KeepBookingRequest, resource_service_server::ResourceService,
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};
use tonic::Status;

use crate::stage::Libraries;

pub(crate) async fn keep(here: &Libraries, who: &Person, booking: &Booking) -> Result<Booking, Status> {
    let request = KeepBookingRequest {
        booking_id: booking.id.clone(),
        etag: booking.etag.clone(),
        request_id: new_id(),
    };
    let answer = here.rpc.keep_booking(who.asks(request)).await?;
    Ok(answer.into_inner().booking.expect("a booking"))
}

testkit::on_both! {
    async fn a_confirmed_booking_is_kept_from_its_start_to_the_end_of_the_day_after(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        assert_eq!(reason(&keep(&here, &here.clerk, &held).await.expect_err("refused")), "NOT_CONFIRMED");
        let confirmed = here.confirm(&held).await.expect("answered");
        assert_eq!(reason(&keep(&here, &here.clerk, &confirmed).await.expect_err("refused")), "NOT_STARTED");
        // The test begins at eight in the morning: 63 hours later the day after the booking ends.
        here.wait_until(63);
        let kept = keep(&here, &here.keeper, &confirmed).await.expect("answered");
        assert_eq!((kept.state(), kept.version), (BookingState::Kept, 3));
        here.wait_until(100);
        assert_eq!(resource::timers::pass(&here.rpc.app).await.expect("answered"), 0);
        assert_eq!(here.booking(&held.id).await.expect("answered").state(), BookingState::Kept);
    }

    async fn after_that_it_is_missed(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let confirmed = here.confirm(&held).await.expect("answered");
        here.wait_until(64);
        assert_eq!(here.booking(&held.id).await.expect("answered").state(), BookingState::Missed);
        assert_eq!(reason(&keep(&here, &here.clerk, &confirmed).await.expect_err("refused")), "NOT_CONFIRMED");
    }
}
