//! `ClockService.Positions`.

use proto::clock::v1::PositionsRequest;
use testkit::stage::reason;

use crate::stage::Driven;

#[tokio::test]
async fn the_services_of_a_process_are_one_and_what_they_have_not_read_of_each_other_is_pending() {
    let driven = Driven::open().await;
    let mut clock = driven.clock(Some("zhibu"));
    let found = clock
        .positions(PositionsRequest {})
        .await
        .expect("positions")
        .into_inner();
    assert_eq!((found.head, found.due), (17, 6));
    assert_eq!(found.pending, 2 + 2, "two of exchange's are unread");
    let cursors: Vec<(String, u64)> = found.cursors.into_iter().collect();
    assert_eq!(
        cursors,
        [("member".to_owned(), 5)],
        "of those outside, the one that has read least"
    );
}

#[tokio::test]
async fn nobody_but_the_driver_asks() {
    let driven = Driven::open().await;
    for name in [Some("gateway"), None] {
        let refused = driven
            .clock(name)
            .positions(PositionsRequest {})
            .await
            .expect_err("refused");
        assert_eq!(reason(&refused), "SERVICE_ONLY", "{name:?}");
    }
}
