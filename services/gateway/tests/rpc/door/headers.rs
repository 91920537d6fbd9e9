use std::collections::BTreeSet;

use access::{Caller, Grant, Issuer, Level, Standing, context::HEADER};
use http::Method;
use kernel::Role;
use seal::Keyring;
use serde_json::json;

use super::{COUNT, PUBLIC, READ};
use crate::world::{World, keys};

/// A context that the services would believe, of somebody else.
fn stolen(world: &World) -> String {
    let keys = Keyring::load(keys()).expect("the keys");
    let caller = Caller {
        standing: Standing::Person,
        subject: kernel::id::PersonId::new().to_string(),
        session: "s".into(),
        level: Level::Two,
        grants: vec![Grant {
            role: Role::Security,
            organization: world.county,
            until: None,
        }],
        epoch: 1,
    };
    Issuer::new("gateway", keys.into())
        .sign(&caller)
        .expect("a context")
}

#[tokio::test]
async fn a_caller_context_from_outside_is_not_believed() {
    let world = World::start().await;
    let (clerk, stolen) = (world.clerk(), stolen(&world));
    let asked = json!({ "organizationId": world.branch.to_string() }).to_string();
    let alone = [("content-type", "application/json"), (HEADER, &stolen)];
    let answer = world.http(Method::POST, COUNT, &alone, asked.clone()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.reason().as_str()),
        (401, "SIGN_IN_FIRST")
    );
    let bearer = clerk.bearer();
    let beside = [
        ("content-type", "application/json"),
        (HEADER, &stolen),
        ("authorization", &bearer),
    ];
    assert_eq!(world.http(Method::POST, COUNT, &beside, asked).await.status, 200);
    let asked = world.services.asked(COUNT);
    let callers: Vec<_> = asked
        .into_iter()
        .filter_map(|asked| Some(asked.caller?.subject))
        .collect();
    assert_eq!(callers, [clerk.id]);
}

#[tokio::test]
async fn a_stranger_s_call_goes_in_nobody_s_name_least_of_all_in_the_gateway_s() {
    let world = World::start().await;
    let headers = [("content-type", "application/json"), ("zhibu-service", "rating")];
    let answer = world
        .http(Method::POST, PUBLIC, &headers, r#"{"procedure":"x"}"#)
        .await;
    assert_eq!(answer.json()["procedure"], "x of rating", "anybody may read it");
    let asked = world.services.asked(PUBLIC).pop().expect("it came through");
    assert!(
        !asked.headers.contains_key(HEADER) && asked.caller.is_none(),
        "{asked:?}"
    );
}

#[tokio::test]
async fn of_the_caller_s_headers_nothing_reaches_a_service_but_the_request_s_id() {
    let world = World::start().await;
    let bearer = world.clerk().bearer();
    let headers = [
        ("content-type", "application/json"),
        ("authorization", &bearer),
        ("x-request-id", "my-call"),
        ("zhibu-peer", "203.0.113.1"),
        ("zhibu-service", "rating"),
        ("zhibu-admin", "1"),
        ("x-forwarded-for", "203.0.113.1"),
        ("cookie", "a=b"),
        ("grpc-trace-bin", "AAAA"),
        ("host", "other.example"),
    ];
    let asked = json!({ "organizationId": world.branch.to_string() }).to_string();
    let answer = world.http(Method::POST, READ, &headers, asked).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-request-id")),
        (200, "my-call")
    );
    let asked = world.services.asked(READ).pop().expect("it came through");
    assert_eq!(
        asked.service, "organization",
        "the header routes shared contracts alone"
    );
    assert_eq!(asked.headers["x-request-id"], "my-call");
    let names: BTreeSet<_> = asked.headers.keys().map(http::HeaderName::as_str).collect();
    let known = [
        "content-type",
        "grpc-timeout",
        "te",
        "traceparent",
        "tracestate",
        "x-request-id",
        HEADER,
    ];
    assert!(names.is_subset(&known.into()), "{names:?}");
}

#[tokio::test]
async fn a_request_s_id_that_is_no_plain_word_is_replaced() {
    let world = World::start().await;
    for id in ["", "a b", "a\tb", &"x".repeat(65), "<script>"] {
        let headers = [("content-type", "application/json"), ("x-request-id", id)];
        let answer = world.http(Method::POST, READ, &headers, "{}").await;
        let given = answer.header("x-request-id");
        assert!(given != id && given.len() == 36, "{id:?}: {given:?}");
    }
}

#[tokio::test]
async fn every_answer_forbids_guessing_its_type_and_keeping_it() {
    let world = World::start().await;
    let bearer = world.clerk().bearer();
    for kind in ["application/json", "application/grpc-web", "text/plain"] {
        let answer = world
            .http(
                Method::POST,
                READ,
                &[("content-type", kind), ("authorization", &bearer)],
                "{}",
            )
            .await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{kind}");
        assert_eq!(answer.header("cache-control"), "no-store", "{kind}");
    }
}

/// No other origin is let in: pages come from the gateway's own origin, or not at all (H20).
#[tokio::test]
async fn a_page_of_another_origin_is_given_nothing() {
    let world = World::start().await;
    let bearer = world.clerk().bearer();
    let host = format!("http://{}", world.address);
    for origin in [
        "null",
        "https://evil.example",
        "https://zhibu.example.evil.example",
        "file://",
        host.as_str(),
    ] {
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        let asked = world.http(Method::OPTIONS, READ, &preflight, "").await;
        assert_eq!(asked.status, 405, "{origin}");
        let call = [
            ("origin", origin),
            ("content-type", "application/json"),
            ("authorization", &bearer),
        ];
        let answered = world.http(Method::POST, READ, &call, "{}").await;
        for answer in [asked, answered] {
            let mut names = answer.headers.keys().map(http::HeaderName::as_str);
            assert!(
                !names.any(|name| name.starts_with("access-control-")),
                "{origin}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_public_port_says_that_it_is_there_and_nothing_more() {
    let world = World::start().await;
    let answer = world.http(Method::GET, "/healthz", &[], "").await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"ok"[..]));
    for path in [
        "/livez",
        "/readyz",
        "/metrics",
        "/debug",
        "/.well-known/x",
        "/healthz/organization",
    ] {
        let answer = world.http(Method::GET, path, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.reason().as_str()),
            (501, "METHOD_UNKNOWN"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_header_that_says_who_calls_or_how_the_body_is_read_is_said_once() {
    let world = World::start().await;
    let (clerk, other) = (world.clerk().bearer(), world.clerk().bearer());
    let asked = json!({ "organizationId": world.branch.to_string() }).to_string();
    let kind = ("content-type", "application/json");
    for (headers, name) in [
        (
            [kind, ("authorization", &clerk), ("authorization", &other)],
            "authorization",
        ),
        (
            [
                kind,
                ("authorization", &clerk),
                ("content-type", "application/proto"),
            ],
            "content-type",
        ),
    ] {
        let answer = world.http(Method::POST, READ, &headers, asked.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.reason().as_str()),
            (400, "HEADER_REPEATED")
        );
        assert!(answer.json()["message"].to_string().contains(name));
    }
    assert!(world.services.asked(READ).is_empty());
}
