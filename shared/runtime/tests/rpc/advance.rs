//! `ClockService.Advance`.

use prost_types::Timestamp;
use proto::clock::v1::AdvanceRequest;
use testkit::stage::reason;

use crate::stage::Driven;

fn to(seconds: i64) -> AdvanceRequest {
    AdvanceRequest {
        to: Some(Timestamp { seconds, nanos: 0 }),
    }
}

#[tokio::test]
async fn the_driver_moves_the_clock_forward_and_never_back() {
    let driven = Driven::open().await;
    let mut clock = driven.clock(Some("zhibu"));
    let answer = clock
        .advance(to(1_740_000_000))
        .await
        .expect("forward")
        .into_inner();
    assert_eq!(answer.now.map(|now| now.seconds), Some(1_740_000_000));
    assert_eq!(driven.host.clock.now().timestamp(), 1_740_000_000);
    let backward = clock.advance(to(1)).await.expect_err("backward");
    assert_eq!(reason(&backward), "CLOCK_BACKWARD");
    let nowhere = clock
        .advance(AdvanceRequest { to: None })
        .await
        .expect_err("to where?");
    assert_eq!(reason(&nowhere), "FIELDS_INVALID");
    assert_eq!(driven.host.clock.now().timestamp(), 1_740_000_000);
}

#[tokio::test]
async fn nobody_else_moves_it() {
    let driven = Driven::open().await;
    let before = driven.host.clock.now();
    for name in [Some("gateway"), Some("member"), None] {
        let refused = driven
            .clock(name)
            .advance(to(1_750_000_000))
            .await
            .expect_err("refused");
        assert_eq!(reason(&refused), "SERVICE_ONLY", "{name:?}");
    }
    assert_eq!(driven.host.clock.now(), before);
}
