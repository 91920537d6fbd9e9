use std::time::{Duration, Instant};

use access::Table;
use bytes::Bytes;
use gateway::frame::frame;
use http::{Method, Request};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::json;
use testkit::stage::reason;
use tonic::Code;

use super::COUNT;
use crate::{
    services::Mood,
    world::{Answer, World},
};

/// The time that member was given, as its request said.
fn given(world: &World) -> Duration {
    let asked = world.services.asked(COUNT).pop().expect("member was asked");
    let text = asked.headers["grpc-timeout"].to_str().expect("a text").to_owned();
    let micros = text
        .strip_suffix('u')
        .expect("microseconds")
        .parse()
        .expect("a number");
    Duration::from_micros(micros)
}

async fn connect(world: &World, timeout: Option<&str>) -> Answer {
    let bearer = world.clerk().bearer();
    let mut headers = vec![
        ("content-type", "application/json"),
        ("authorization", bearer.as_str()),
    ];
    headers.extend(timeout.map(|timeout| ("connect-timeout-ms", timeout)));
    let body = json!({ "organizationId": world.branch.to_string() }).to_string();
    world.http(Method::POST, COUNT, &headers, body).await
}

async fn grpc(world: &World, timeout: &str) -> tonic::Status {
    let bearer = world.clerk().bearer();
    let headers = [
        ("content-type", "application/grpc"),
        ("authorization", &bearer),
        ("grpc-timeout", timeout),
    ];
    world.http2(COUNT, &headers, frame(b"")).await.grpc()
}

#[tokio::test]
async fn a_missing_or_huge_deadline_is_the_policy_s_less_a_margin() {
    let world = World::start().await;
    let longest = Table::of_suite().of_path(COUNT).expect("a policy").deadline;
    for timeout in [None, Some("9999999999"), Some("99999999"), Some("3001")] {
        assert_eq!(connect(&world, timeout).await.status, 200, "{timeout:?}");
        let given = given(&world);
        assert!(given < longest && given > longest / 2, "{timeout:?}: {given:?}");
    }
    for timeout in ["99999999H", "10S", "4000000u"] {
        assert_eq!(grpc(&world, timeout).await.code(), Code::Ok, "{timeout}");
        let given = given(&world);
        assert!(given < longest && given > longest / 2, "{timeout}: {given:?}");
    }
}

#[tokio::test]
async fn a_shorter_deadline_of_the_caller_goes_on() {
    let world = World::start().await;
    connect(&world, Some("1000")).await;
    assert!(given(&world) < Duration::from_secs(1));
    grpc(&world, "1S").await;
    assert!(given(&world) < Duration::from_secs(1));
}

#[tokio::test]
async fn a_malformed_deadline_is_refused_and_no_service_is_asked() {
    let world = World::start().await;
    for timeout in ["", "x", "-1", "1.5", "1e3", "12345678901", "5S"] {
        let answer = connect(&world, Some(timeout)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.reason().as_str()),
            (400, "TIMEOUT_INVALID"),
            "{timeout:?}"
        );
    }
    for timeout in ["", "5", "S", "5s", "-5S", "123456789S", "5 S"] {
        let refused = grpc(&world, timeout).await;
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::InvalidArgument, "TIMEOUT_MALFORMED")
        );
    }
    assert!(world.services.asked(COUNT).is_empty());
}

#[tokio::test]
async fn a_deadline_that_is_over_before_it_begins_is_over() {
    let world = World::start().await;
    let answer = connect(&world, Some("0")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.reason().as_str()),
        (504, "DEADLINE_EXCEEDED")
    );
    for timeout in ["0S", "1n", "1u"] {
        assert_eq!(
            grpc(&world, timeout).await.code(),
            Code::DeadlineExceeded,
            "{timeout}"
        );
    }
    assert!(world.services.asked(COUNT).is_empty());
}

#[tokio::test]
async fn a_slow_service_is_given_up_at_the_deadline() {
    let world = World::start().await;
    world.services.feel("member", Mood::Slow);
    let asked = Instant::now();
    let answer = connect(&world, Some("300")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.reason().as_str()),
        (504, "DEADLINE_EXCEEDED")
    );
    assert_eq!(grpc(&world, "300m").await.code(), Code::DeadlineExceeded);
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    world.services.until_waiting(0).await;
}

type Trickle = StreamBody<futures::stream::Pending<Result<Frame<Bytes>, std::convert::Infallible>>>;

/// A request whose body never comes.
async fn without_a_body(world: &World, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(format!("http://{}{COUNT}", world.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(StreamBody::new(futures::stream::pending()))
        .expect("a request");
    let client: Client<HttpConnector, Trickle> = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let (head, body) = client.request(request).await.expect("an answer").into_parts();
    Answer {
        status: head.status,
        headers: head.headers,
        body: body.collect().await.expect("a body").to_bytes(),
    }
}

#[tokio::test]
async fn the_deadline_holds_for_a_body_that_does_not_come_too() {
    let world = World::start().await;
    let bearer = world.clerk().bearer();
    let headers = [
        ("content-type", "application/json"),
        ("authorization", &bearer),
        ("connect-timeout-ms", "200"),
    ];
    let asked = Instant::now();
    assert_eq!(
        without_a_body(&world, &headers).await.reason(),
        "DEADLINE_EXCEEDED"
    );
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn of_who_may_not_call_no_body_is_waited_for() {
    let world = World::start().await;
    let stranger = without_a_body(&world, &[("content-type", "application/json")]).await;
    assert_eq!(stranger.reason(), "SIGN_IN_FIRST");
    let headers = [
        ("content-type", "application/json"),
        ("authorization", "Bearer x.y.z"),
    ];
    assert_eq!(without_a_body(&world, &headers).await.reason(), "TOKEN_INVALID");
}
