//! ListBookings.

use proto::resource::v1::{BookingState, ListBookingsRequest, resource_service_server::ResourceService};
use testkit::{database::Database, stage::reason};

use crate::stage::Libraries;

async fn listed(here: &Libraries, state: BookingState) -> Vec<String> {
    let request = ListBookingsRequest {
        organization_id: here.branch.to_string(),
        state: state.into(),
        ..Default::default()
    };
    let answer = here
        .rpc
        .list_bookings(here.clerk.asks(request))
        .await
        .expect("answered")
        .into_inner();
    answer.bookings.into_iter().map(|one| one.id).collect()
}

testkit::on_both! {
    async fn a_state_is_what_the_clock_makes_of_it(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let confirmed = here.hold(vec![here.line(trainer, 30, 31, 1)]).await.expect("answered");
        here.confirm(&confirmed).await.expect("answered");
        here.hold_for_other(vec![here.line(trainer, 40, 41, 1)]).await.expect("answered");
        let all = [confirmed.id.clone(), held.id.clone()];
        assert_eq!(listed(&here, BookingState::Unspecified).await, all, "newest first, own ones only");
        assert_eq!(listed(&here, BookingState::Held).await, std::slice::from_ref(&held.id));
        for looked in [false, true] {
            if looked {
                resource::timers::pass(&here.rpc.app).await.expect("answered");
            } else {
                here.wait_until(24 * 4);
            }
            assert!(listed(&here, BookingState::Held).await.is_empty());
            assert!(listed(&here, BookingState::Confirmed).await.is_empty());
            assert_eq!(listed(&here, BookingState::Expired).await, std::slice::from_ref(&held.id));
            assert_eq!(listed(&here, BookingState::Missed).await, std::slice::from_ref(&confirmed.id));
        }
    }

    async fn pages_follow_each_other_over_a_subtree(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let mut made = Vec::new();
        for n in 0..5 {
            let line = here.line(trainer, 24 + n, 25 + n, 1);
            let booking = if n % 2 == 0 { here.hold(vec![line]).await } else { here.hold_for_other(vec![line]).await };
            made.push(booking.expect("answered").id);
        }
        made.reverse();
        let mut request = ListBookingsRequest {
            organization_id: here.county.to_string(),
            page_size: 2,
            ..Default::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = here.rpc.list_bookings(here.keeper.asks(request.clone())).await.expect("answered").into_inner();
            seen.extend(page.bookings.into_iter().map(|one| one.id));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(seen, made);
        request.organization_id = here.town.to_string();
        request.page_token = "AAAA".into();
        let refused = here.rpc.list_bookings(here.keeper.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }
}
