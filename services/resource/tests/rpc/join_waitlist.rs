//! JoinWaitlist.

use proto::resource::v1::{
    Booking, BookingLine, BookingState, CancelBookingRequest, JoinWaitlistRequest, JoinWaitlistResponse,
    ListBookingsRequest, resource_service_server::ResourceService,
};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};
use tonic::Status;

use crate::stage::Libraries;

async fn wait(here: &Libraries, lines: Vec<BookingLine>) -> Result<JoinWaitlistResponse, Status> {
    let request = JoinWaitlistRequest {
        organization_id: here.other.to_string(),
        lines,
        purpose: "党课".into(),
        request_id: new_id(),
    };
    Ok(here
        .rpc
        .join_waitlist(here.other_clerk.asks(request))
        .await?
        .into_inner())
}

async fn of_other(here: &Libraries) -> Vec<Booking> {
    let request = ListBookingsRequest {
        organization_id: here.other.to_string(),
        ..Default::default()
    };
    here.rpc
        .list_bookings(here.other_clerk.asks(request))
        .await
        .expect("answered")
        .into_inner()
        .bookings
}

async fn cancel(here: &Libraries, booking: Booking) {
    let request = CancelBookingRequest {
        booking_id: booking.id,
        etag: booking.etag,
        request_id: new_id(),
    };
    here.rpc
        .cancel_booking(here.clerk.asks(request))
        .await
        .expect("answered");
}

testkit::on_both! {
    async fn the_first_in_line_is_offered_a_hold_when_it_becomes_free(database: Database) {
        let here = Libraries::open(&database).await;
        let (trainer, spare) = (here.trainer().await, here.trainer().await);
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let bundle = vec![here.line(trainer, 24, 27, 1), here.line(spare, 24, 27, 1)];
        assert_eq!(wait(&here, bundle).await.expect("answered").place, 1);
        assert_eq!(wait(&here, vec![here.line(trainer, 25, 26, 1)]).await.expect("answered").place, 2);
        resource::timers::pass(&here.rpc.app).await.expect("answered");
        assert!(of_other(&here).await.is_empty());
        assert_eq!(resource::timers::due(&here.rpc.app).await.expect("answered"), 0);
        cancel(&here, held).await;
        assert_eq!(resource::timers::due(&here.rpc.app).await.expect("answered"), 2);
        resource::timers::pass(&here.rpc.app).await.expect("answered");
        let offered = of_other(&here).await;
        assert_eq!((offered.len(), offered[0].lines.len()), (1, 2), "the first, whole");
        assert_eq!(offered[0].state(), BookingState::Held);
        assert_eq!(resource::timers::due(&here.rpc.app).await.expect("answered"), 0);
    }

    async fn a_hold_that_ran_out_moves_the_line_up(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        wait(&here, vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        here.wait_until(1);
        resource::timers::pass(&here.rpc.app).await.expect("answered");
        assert_eq!(of_other(&here).await.len(), 1);
    }

    async fn one_waits_once_and_only_for_what_is_taken(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let line = here.line(trainer, 24, 27, 1);
        assert_eq!(reason(&wait(&here, vec![line.clone()]).await.expect_err("refused")), "FREE_NOW");
        here.hold(vec![line.clone()]).await.expect("answered");
        wait(&here, vec![line.clone()]).await.expect("answered");
        assert_eq!(reason(&wait(&here, vec![line]).await.expect_err("refused")), "ALREADY_WAITING");
        let proposed = here.propose(here.row(1, proto::resource::v1::ResourceKind::Course, "未入库", 1)).await;
        let refused = wait(&here, vec![here.line(proposed, 24, 27, 1)]).await.expect_err("refused");
        assert_eq!(reason(&refused), "RESOURCE_NOT_ADMITTED");
    }

    async fn nobody_waits_beyond_the_start(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        here.confirm(&held).await.expect("answered");
        wait(&here, vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        here.wait_until(24);
        resource::timers::pass(&here.rpc.app).await.expect("answered");
        assert!(of_other(&here).await.is_empty());
        assert_eq!(resource::timers::due(&here.rpc.app).await.expect("answered"), 0);
    }
}
