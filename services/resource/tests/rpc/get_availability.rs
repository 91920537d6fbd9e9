//! GetAvailability.

use proto::resource::v1::{
    GetAvailabilityRequest, ResourceKind, ResourceRow, resource_service_server::ResourceService,
};
use testkit::{database::Database, stage::wrongs};
use wire::words::timestamp;

use crate::stage::Libraries;

testkit::on_both! {
    async fn what_is_taken_shows_when_and_how_much_and_not_by_whom(database: Database) {
        let here = Libraries::open(&database).await;
        let venue = here.offering(ResourceKind::Venue, 40).await;
        here.hold(vec![here.line(venue, 2, 5, 10)]).await.expect("answered");
        here.hold_for_other(vec![here.line(venue, 4, 6, 25)]).await.expect("answered");
        let request = GetAvailabilityRequest {
            organization_id: here.branch.to_string(),
            resource_ids: vec![venue.to_string()],
            start: Some(timestamp(here.hour(1))),
            end: Some(timestamp(here.hour(24))),
        };
        let answer = here.rpc.get_availability(here.clerk.asks(request)).await.expect("answered").into_inner();
        let one = &answer.resources[0];
        assert_eq!(one.free, 5);
        let taken: Vec<u32> = one.taken.iter().map(|piece| piece.quantity).collect();
        assert_eq!(taken, [10, 35, 25]);
        assert_eq!(one.taken[1].start, Some(timestamp(here.hour(4))));
        assert_eq!(one.taken[1].end, Some(timestamp(here.hour(5))));
        assert_eq!(here.free(venue, 6, 7).await, 40);
    }

    async fn answers_come_in_the_order_asked_without_what_serves_others(database: Database) {
        let here = Libraries::open(&database).await;
        let of_town = ResourceRow { owner_id: here.town.to_string(), ..here.row(1, ResourceKind::Course, "镇上", 1) };
        let of_town = here.propose(of_town).await;
        let (one, two) = (here.trainer().await, here.trainer().await);
        let proposed = here.propose(here.row(2, ResourceKind::Course, "未入库", 1)).await;
        let request = GetAvailabilityRequest {
            organization_id: here.other.to_string(),
            resource_ids: [two, of_town, proposed, one].map(|id| id.to_string()).to_vec(),
            start: Some(timestamp(here.hour(1))),
            end: Some(timestamp(here.hour(2))),
        };
        let answer = here.rpc.get_availability(here.other_clerk.asks(request)).await.expect("answered").into_inner();
        let found: Vec<(String, u32)> = answer.resources.into_iter().map(|one| (one.resource_id, one.free)).collect();
        assert_eq!(found, [(two.to_string(), 1), (proposed.to_string(), 0), (one.to_string(), 1)]);
    }

    async fn a_span_that_ends_before_it_starts_or_is_too_long_is_refused(database: Database) {
        let here = Libraries::open(&database).await;
        for (from, to, wanted) in [(5, 5, "END_BEFORE_START"), (0, 24 * 63, "SPAN_TOO_LONG")] {
            let request = GetAvailabilityRequest {
                organization_id: here.branch.to_string(),
                resource_ids: vec![here.county.to_string()],
                start: Some(timestamp(here.hour(from))),
                end: Some(timestamp(here.hour(to))),
            };
            let refused = here.rpc.get_availability(here.clerk.asks(request)).await.expect_err("refused");
            assert_eq!(wrongs(&refused), [wanted]);
        }
    }
}
