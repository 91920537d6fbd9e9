//! GetBooking.

use proto::resource::v1::{BookingState, GetBookingRequest, resource_service_server::ResourceService};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::stage::Libraries;

testkit::on_both! {
    async fn a_booking_reads_back_as_it_was_made(database: Database) {
        let here = Libraries::open(&database).await;
        let (one, two) = (here.trainer().await, here.trainer().await);
        let held = here.hold(vec![here.line(two, 24, 27, 1), here.line(one, 30, 31, 1)]).await.expect("answered");
        assert_eq!(here.booking(&held.id).await.expect("answered"), held);
        assert_eq!(held.purpose, "主题党日");
        let request = GetBookingRequest { booking_id: held.id.clone() };
        let seen = here.rpc.get_booking(here.keeper.asks(request)).await.expect("answered").into_inner();
        assert_eq!(seen.booking, Some(held), "a keeper above reads it too");
    }

    async fn absent_and_hidden_are_one_answer(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let of_other = here.hold_for_other(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        for id in [of_other.id, new_id()] {
            assert_eq!(reason(&here.booking(&id).await.expect_err("refused")), "NOT_FOUND");
        }
        assert_eq!(reason(&here.booking("none").await.expect_err("refused")), "FIELDS_INVALID");
    }

    async fn the_clock_judges_without_a_timer(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        here.wait_until(1);
        let seen = here.booking(&held.id).await.expect("answered");
        assert_eq!((seen.state(), seen.expires_at), (BookingState::Expired, None));
    }
}
