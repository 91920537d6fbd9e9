//! ConfirmBooking.

use proto::resource::v1::{BookingState, ConfirmBookingRequest, resource_service_server::ResourceService};
use testkit::{
    database::Database,
    stage::{new_id, reason, wrongs},
};

use crate::stage::Libraries;

testkit::on_both! {
    async fn a_confirmed_booking_expires_no_more(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let confirmed = here.confirm(&held).await.expect("answered");
        assert_eq!((confirmed.state(), confirmed.version, confirmed.expires_at), (BookingState::Confirmed, 2, None));
        assert_ne!(confirmed.etag, held.etag);
        here.wait_until(23);
        resource::timers::pass(&here.rpc.app).await.expect("answered");
        assert_eq!(here.booking(&held.id).await.expect("answered"), confirmed);
        assert_eq!(here.free(trainer, 24, 27).await, 0);
    }

    async fn an_expired_hold_is_refused_by_name_whether_the_timer_looked_or_not(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        here.wait_until(1);
        assert_eq!(reason(&here.confirm(&held).await.expect_err("refused")), "HOLD_EXPIRED");
        assert_eq!(resource::timers::pass(&here.rpc.app).await.expect("answered"), 1);
        assert_eq!(reason(&here.confirm(&held).await.expect_err("refused")), "HOLD_EXPIRED");
    }

    async fn a_missing_etag_a_stale_one_and_a_second_confirmation_are_refused(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let mut held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let etag = std::mem::take(&mut held.etag);
        assert_eq!(wrongs(&here.confirm(&held).await.expect_err("refused")), ["REQUIRED"]);
        held.etag = "0123456789abcdef".into();
        assert_eq!(reason(&here.confirm(&held).await.expect_err("refused")), "ETAG_MISMATCH");
        held.etag = etag;
        here.confirm(&held).await.expect("answered");
        assert_eq!(reason(&here.confirm(&held).await.expect_err("refused")), "ALREADY_CONFIRMED");
    }

    async fn of_two_who_confirm_at_once_one_does(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let (one, two) = tokio::join!(here.confirm(&held), here.confirm(&held));
        let (good, refused) = if one.is_ok() { (one, two) } else { (two, one) };
        assert_eq!(good.expect("answered").version, 2);
        let refused = reason(&refused.expect_err("refused"));
        assert!(["ETAG_MISMATCH", "ALREADY_CONFIRMED"].contains(&refused.as_str()), "{refused}");
    }

    async fn a_booking_of_others_is_absent(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let request = ConfirmBookingRequest { booking_id: held.id, etag: held.etag, request_id: new_id() };
        let refused = here.rpc.confirm_booking(here.other_clerk.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
