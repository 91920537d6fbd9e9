use std::time::Duration;

use http::Method;
use kernel::id::PersonId;
use proto::{
    gateway::v1::WhoAmIRequest,
    member::v1::{CountMembersRequest, member_service_client::MemberServiceClient},
};
use serde_json::json;
use testkit::stage::reason;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{COUNT, PUBLIC, READ};
use crate::{
    services::Mood,
    world::{Person, World},
};

fn pause(status: &Status) -> Duration {
    let info = status.get_error_details().retry_info().cloned();
    info.and_then(|info| info.retry_delay)
        .expect("when to come again")
}

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_again_and_others_are_not_disturbed() {
    let world = World::with(&[("ZHIBU_GATEWAY__RATE__CALLER", "2")]).await;
    let (often, other) = (world.clerk(), world.clerk());
    let mut gateway = world.gateway().await;
    let mut refused = Vec::new();
    for _ in 0..6 {
        refused.extend(gateway.who_am_i(often.asks(WhoAmIRequest {})).await.err());
    }
    assert!(
        !refused.is_empty() && refused.len() <= 4,
        "two a second are let in: {}",
        refused.len()
    );
    for status in &refused {
        assert_eq!(
            (status.code(), reason(status).as_str()),
            (Code::ResourceExhausted, "RATE_LIMITED")
        );
        assert!(pause(status) > Duration::ZERO && pause(status) <= Duration::from_secs(1));
    }
    let json = world.json(Some(&often), READ, "{}").await;
    if json.status == 429 {
        assert_eq!(
            (json.header("retry-after"), json.reason().as_str()),
            ("1", "RATE_LIMITED")
        );
    }
    gateway
        .who_am_i(other.asks(WhoAmIRequest {}))
        .await
        .expect("not disturbed");
}

#[tokio::test]
async fn strangers_share_what_their_address_may() {
    let world = World::with(&[("ZHIBU_GATEWAY__RATE__STRANGER", "2")]).await;
    let headers = [
        ("content-type", "application/json"),
        ("zhibu-service", "rating"),
        // Nobody is a proxy of ours: what he says of his address is not believed.
        ("x-forwarded-for", "203.0.113.9"),
    ];
    let mut refused = 0;
    for _ in 0..6 {
        let answer = world.http(Method::POST, PUBLIC, &headers, "{}").await;
        if answer.status == 429 {
            assert_eq!(
                (answer.reason().as_str(), answer.header("retry-after")),
                ("RATE_LIMITED", "1")
            );
            refused += 1;
        }
    }
    assert!((1..=4).contains(&refused), "{refused}");
    world
        .gateway()
        .await
        .who_am_i(world.clerk().asks(WhoAmIRequest {}))
        .await
        .expect("who is known is not a stranger");
}

#[tokio::test]
async fn behind_a_proxy_of_ours_each_address_has_its_own_share() {
    let settings = [
        ("ZHIBU_GATEWAY__RATE__STRANGER", "1"),
        ("ZHIBU_GATEWAY__RATE__PROXIES", "127.0.0.0/8"),
    ];
    let world = World::with(&settings).await;
    for n in 0..5 {
        let address = format!("203.0.113.{n}");
        let headers = [
            ("content-type", "application/json"),
            ("zhibu-service", "rating"),
            ("x-forwarded-for", &address),
        ];
        assert_eq!(
            world.http(Method::POST, PUBLIC, &headers, "{}").await.status,
            200,
            "{address}"
        );
    }
}

#[tokio::test]
async fn who_guesses_tokens_is_soon_not_listened_to_and_who_is_known_is() {
    let world = World::with(&[("ZHIBU_GATEWAY__RATE__STRANGER", "3")]).await;
    let known = world.clerk();
    let mut gateway = world.gateway().await;
    gateway
        .who_am_i(known.asks(WhoAmIRequest {}))
        .await
        .expect("known");
    let guess = Person {
        id: PersonId::new().to_string(),
        token: "x.y.z".into(),
    };
    let mut reasons = Vec::new();
    for _ in 0..8 {
        let refused = gateway
            .who_am_i(guess.asks(WhoAmIRequest {}))
            .await
            .expect_err("refused");
        reasons.push(reason(&refused));
    }
    assert_eq!(reasons[0], "TOKEN_INVALID");
    assert_eq!(
        reasons.last().map(String::as_str),
        Some("RATE_LIMITED"),
        "{reasons:?}"
    );
    gateway
        .who_am_i(known.asks(WhoAmIRequest {}))
        .await
        .expect("his token was seen before");
}

#[tokio::test]
async fn beyond_what_it_works_on_the_gateway_refuses_at_once() {
    let settings = [
        ("ZHIBU_GATEWAY__LIMITS__CONCURRENT", "1"),
        ("ZHIBU_GATEWAY__LIMITS__QUEUE", "0"),
    ];
    let world = World::with(&settings).await;
    let clerk = world.clerk();
    world.services.feel("member", Mood::Slow);
    let count = || CountMembersRequest {
        organization_id: world.branch.to_string(),
        ..Default::default()
    };
    let mut first = MemberServiceClient::new(world.channel().await);
    let asked = clerk.asks(count());
    let busy = tokio::spawn(async move { first.count_members(asked).await });
    world.services.until_waiting(1).await;
    let second = MemberServiceClient::new(world.channel().await)
        .count_members(clerk.asks(count()))
        .await;
    let refused = second.expect_err("refused");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::ResourceExhausted, "OVERLOADED")
    );
    assert_eq!(pause(&refused), Duration::from_secs(1));
    busy.abort();
    // Whoever goes away gives his place back, and the service hears of it.
    world.services.until_waiting(0).await;
    world.services.feel("member", Mood::Well);
    let asked = json!({ "organizationId": world.branch.to_string() });
    loop {
        // The place is free a moment after the service has let go.
        let answer = world.json(Some(&clerk), COUNT, asked.clone()).await;
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.reason(), "OVERLOADED");
    }
}

#[tokio::test]
async fn what_a_client_gives_up_in_any_dialect_its_service_gives_up() {
    let world = World::start().await;
    let clerk = world.clerk();
    world.services.feel("member", Mood::Slow);
    let asked = json!({ "organizationId": world.branch.to_string() });
    for calls in 1..=3 {
        let waiting = (0..calls).map(|_| world.json(Some(&clerk), COUNT, asked.clone()));
        let given_up = futures::future::join_all(waiting);
        tokio::select! {
            _ = given_up => panic!("answered"),
            () = world.services.until_waiting(calls) => {}
        }
        world.services.until_waiting(0).await;
    }
}
