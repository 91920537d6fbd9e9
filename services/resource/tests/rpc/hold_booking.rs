//! HoldBooking.

use kernel::id::ResourceId;
use prost_types::Timestamp;
use proto::resource::v1::{
    BookingState, HoldBookingRequest, ResourceKind, ResourceRow, resource_service_server::ResourceService,
};
use resource::admission;
use testkit::{
    database::Database,
    stage::{new_id, reason, wrongs},
};
use tonic::Status;
use tonic_types::StatusExt;
use wire::words::timestamp;

use crate::stage::Libraries;

fn said(status: &Status, key: &str) -> Option<String> {
    status
        .get_error_details()
        .error_info()
        .and_then(|info| info.metadata.get(key).cloned())
}

testkit::on_both! {
    async fn a_bundle_over_four_libraries_is_held_whole(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let venue = here.offering(ResourceKind::Venue, 40).await;
        let course = here.offering(ResourceKind::Course, 1).await;
        let material = here.offering(ResourceKind::Material, 30).await;
        let lines = [(trainer, 1), (venue, 20), (course, 1), (material, 20)];
        let lines = lines.map(|(id, n)| here.line(id, 24, 27, n)).to_vec();
        let booking = here.hold(lines).await.expect("answered");
        assert_eq!((booking.state(), booking.lines.len(), booking.version), (BookingState::Held, 4, 1));
        let half_an_hour = here.hour(0) + chrono::Duration::minutes(30);
        assert_eq!(booking.expires_at, Some(timestamp(half_an_hour)));
        assert_eq!(here.free(venue, 24, 27).await, 20);
        assert_eq!(here.free(material, 24, 27).await, 10);
        assert_eq!(here.free(trainer, 24, 27).await, 0);
    }

    async fn a_bundle_of_which_one_is_taken_is_refused_whole_with_what_is_free_instead(database: Database) {
        let here = Libraries::open(&database).await;
        let (trainer, venue) = (here.trainer().await, here.offering(ResourceKind::Venue, 40).await);
        let free = here.trainer().await;
        here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let lines = vec![here.line(free, 25, 28, 1), here.line(venue, 25, 28, 20), here.line(trainer, 25, 28, 1)];
        let refused = here.hold_for_other(lines).await.expect_err("refused");
        assert_eq!(reason(&refused), "RESOURCE_TAKEN");
        assert_eq!(said(&refused, "resource_id"), Some(trainer.to_string()));
        assert_eq!(said(&refused, "free"), Some("0".into()));
        assert_eq!(said(&refused, "free_from"), Some(here.hour(27).to_rfc3339()));
        assert_eq!((here.free(venue, 25, 28).await, here.free(free, 25, 28).await), (40, 1), "nothing is left over");
    }

    async fn seats_and_copies_run_out_and_follow_each_other(database: Database) {
        let here = Libraries::open(&database).await;
        let venue = here.offering(ResourceKind::Venue, 40).await;
        let material = here.offering(ResourceKind::Material, 30).await;
        here.hold(vec![here.line(venue, 10, 12, 30), here.line(material, 24, 24 * 10, 30)]).await.expect("answered");
        let seats = here.hold_for_other(vec![here.line(venue, 11, 13, 11)]).await.expect_err("refused");
        assert_eq!((reason(&seats), said(&seats, "free")), ("SEATS_EXHAUSTED".into(), Some("10".into())));
        let stock = here.hold_for_other(vec![here.line(material, 48, 72, 1)]).await.expect_err("refused");
        assert_eq!(reason(&stock), "STOCK_EXHAUSTED");
        here.hold_for_other(vec![here.line(venue, 11, 13, 10)]).await.expect("answered");
        here.hold_for_other(vec![here.line(venue, 12, 14, 30)]).await.expect("answered");
        here.hold_for_other(vec![here.line(material, 24 * 10, 24 * 20, 30)]).await.expect("answered");
        let absurd = here.hold_for_other(vec![here.line(venue, 30, 31, 100_000)]).await.expect_err("refused");
        assert_eq!((reason(&absurd), said(&absurd, "free_from")), ("SEATS_EXHAUSTED".into(), None));
    }

    async fn what_ends_when_the_other_starts_does_not_stand_in_its_way(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        here.hold_for_other(vec![here.line(trainer, 27, 28, 1), here.line(trainer, 23, 24, 1)]).await.expect("answered");
    }

    async fn a_hold_that_ran_out_gives_way_before_any_timer_has_looked(database: Database) {
        let here = Libraries::open(&database).await;
        let (trainer, venue) = (here.trainer().await, here.offering(ResourceKind::Venue, 40).await);
        let lines = vec![here.line(trainer, 24, 27, 1), here.line(venue, 24, 27, 40)];
        let first = here.hold(lines.clone()).await.expect("answered");
        here.wait_until(1);
        assert_eq!(here.free(venue, 24, 27).await, 40);
        let second = here.hold_for_other(lines).await.expect("answered");
        assert_eq!(second.state(), BookingState::Held);
        assert_eq!(here.booking(&first.id).await.expect("answered").state(), BookingState::Expired);
        assert_eq!(reason(&here.confirm(&first).await.expect_err("refused")), "HOLD_EXPIRED");
    }

    async fn the_same_request_gets_the_same_hold_and_another_body_is_refused(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let request = here.request(vec![here.line(trainer, 24, 27, 1)]);
        let first = here.rpc.hold_booking(here.clerk.asks(request.clone())).await.expect("answered").into_inner();
        let again = here.rpc.hold_booking(here.clerk.asks(request.clone())).await.expect("answered").into_inner();
        assert_eq!(first, again);
        let other = HoldBookingRequest { purpose: "别的".into(), ..request };
        let refused = here.rpc.hold_booking(here.clerk.asks(other)).await.expect_err("refused");
        assert_eq!(reason(&refused), "KEY_REUSED");
    }

    async fn bad_input_is_refused_by_name(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let unknown = ResourceId::new();
        let line = |from, to, n| here.line(trainer, from, to, n);
        for (lines, wanted) in [
            (vec![line(3, 2, 1)], "FIELDS_INVALID"),
            (vec![line(2, 2, 1)], "FIELDS_INVALID"),
            (vec![line(-1, 2, 1)], "START_IN_PAST"),
            (vec![line(1, 24 * 63, 1)], "FIELDS_INVALID"),
            (vec![line(24 * 731, 24 * 731 + 1, 1)], "START_TOO_FAR"),
            (vec![line(1, 3, 1), line(2, 4, 1)], "RESOURCE_TWICE"),
            (vec![line(1, 3, 2)], "QUANTITY_NOT_ONE"),
            (vec![line(1, 3, 0)], "FIELDS_INVALID"),
            (vec![], "FIELDS_INVALID"),
            (vec![here.line(unknown, 1, 3, 1)], "NOT_FOUND"),
        ] {
            assert_eq!(reason(&here.hold(lines).await.expect_err("refused")), wanted);
        }
        for seconds in [i64::MIN, i64::MAX, 253_402_300_800] {
            let mut line = line(1, 3, 1);
            line.end = Some(Timestamp { seconds, nanos: 0 });
            assert_eq!(reason(&here.hold(vec![line]).await.expect_err("refused")), "FIELDS_INVALID");
        }
        assert_eq!(here.free(trainer, 0, 24).await, 1);
    }

    async fn what_is_wrong_with_the_lines_of_a_hold_is_said_at_once(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let lines = vec![here.line(trainer, 3, 2, 1), here.line(trainer, 4, 5, 0), here.line(trainer, 6, 7 + 24 * 62, 1)];
        let refused = here.hold(lines).await.expect_err("refused");
        assert_eq!(wrongs(&refused), ["END_BEFORE_START", "NUMBER_TOO_SMALL", "SPAN_TOO_LONG"]);
    }

    async fn only_admitted_offerings_of_the_service_area_are_held(database: Database) {
        let here = Libraries::open(&database).await;
        let proposed = here.propose(here.row(1, ResourceKind::Course, "未入库", 1)).await;
        let refused = here.hold(vec![here.line(proposed, 1, 2, 1)]).await.expect_err("refused");
        assert_eq!(reason(&refused), "RESOURCE_NOT_ADMITTED");
        let of_town = ResourceRow { owner_id: here.town.to_string(), ..here.row(2, ResourceKind::Course, "镇上", 1) };
        let of_town = here.propose(of_town).await;
        here.admit(of_town).await;
        let refused = here.hold_for_other(vec![here.line(of_town, 1, 2, 1)]).await.expect_err("refused");
        assert_eq!(reason(&refused), "NOT_FOUND", "what serves others is absent");
        here.hold(vec![here.line(of_town, 1, 2, 1)]).await.expect("answered");
        let tx = here.rpc.app.store.work("test").await.expect("answered");
        assert!(admission::booked_ahead(&tx, of_town, here.hour(0)).await.expect("answered"));
        admission::on_step(&tx, of_town, "retired").await.expect("answered");
        tx.commit(()).await.expect("answered");
        let refused = here.hold(vec![here.line(of_town, 3, 4, 1)]).await.expect_err("refused");
        assert_eq!(reason(&refused), "RESOURCE_RETIRED");
    }

    async fn nobody_books_for_an_organization_of_others(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let request = HoldBookingRequest {
            organization_id: here.other.to_string(),
            lines: vec![here.line(trainer, 1, 2, 1)],
            purpose: "党课".into(),
            request_id: new_id(),
        };
        assert_eq!(reason(&here.rpc.hold_booking(here.clerk.asks(request.clone())).await.expect_err("refused")), "NOT_FOUND");
        assert_eq!(reason(&here.rpc.hold_booking(here.keeper.asks(request)).await.expect_err("refused")), "ROLE_MISSING");
    }
}
