//! The door around a service's routes and the links between services.

#![expect(
    clippy::disallowed_methods,
    reason = "a peer that is faked answers as the test says"
)]

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use access::{Issuer, Table};
use bytes::Bytes;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use runtime::{
    Link, Server,
    admission::{Admitted, Deadline},
    door::Door,
    link::InNameOf,
    server::Limits,
};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, body::Body};

use super::fake::{Fake, READ, WRITE, call, reason, send, texts};

fn local(fake: Fake) -> Link {
    Link::to_routes("organization", fake.routes())
}

async fn remote(fake: Fake, stop: &CancellationToken) -> Link {
    let server = Server::bind(([127, 0, 0, 1], 0).into(), Limits::inside())
        .await
        .expect("a port");
    let address = server.address();
    let door = Door::new("organization", fake.routes(), Admitted::default());
    tokio::spawn(server.run(door, stop.clone()));
    at(address)
}

fn at(address: SocketAddr) -> Link {
    Link::remote(
        "organization",
        vec![format!("http://{address}").parse().expect("uri")],
        None,
    )
}

/// A service that counts its calls and fails the first ones.
fn failing(first: usize, code: Code) -> (Fake, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let fake = Fake::new(move |_| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        let failed = Status::with_details(code, "not now", Bytes::new());
        async move { if call < first { Err(failed) } else { Ok(()) } }
    });
    (fake, calls)
}

#[tokio::test]
async fn a_path_without_a_policy_is_denied_and_one_that_others_serve_too() {
    let link = local(Fake::new(|_| async { Ok(()) }));
    for (path, wanted) in [
        (
            "/zhibu.organization.v1.OrganizationService/NoSuch",
            "METHOD_UNKNOWN",
        ),
        ("/grpc.reflection.v1.ServerReflection/Info", "METHOD_UNKNOWN"),
        ("/zhibu.process.v1.ProcessService/GetCase", "NOT_SERVED_HERE"),
    ] {
        let status = call(&link, path, &[]).await.expect_err("denied");
        assert_eq!(
            (status.code(), reason(&status)),
            (Code::Unimplemented, wanted.into())
        );
        assert!(status.message().contains("请核对"), "{wanted}");
    }
    assert!(call(&link, READ, &[]).await.is_ok());
}

#[tokio::test]
async fn who_sends_no_body_takes_nobodys_place() {
    let one = Admitted {
        concurrent: 1,
        queue: 0,
        watchers: 0,
    };
    let door = Door::new("organization", Fake::new(|_| async { Ok(()) }).routes(), one);
    let ask = |body: Body| {
        let request = Request::post(READ).header("content-type", "application/grpc");
        tower::Service::call(&mut door.clone(), request.body(body).expect("request"))
    };
    let nothing = StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, Status>>());
    let mut hoarded = ask(Body::new(nothing));
    assert!(
        futures::poll!(hoarded.as_mut()).is_pending(),
        "it waits for its body"
    );
    let answer = ask(Body::empty()).await.expect("answer");
    assert!(
        Status::from_header_map(answer.headers()).is_none(),
        "there was a place"
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_ends_the_call() {
    let fake =
        Fake::new(|request: Request<Body>| async move { request.into_body().collect().await.map(drop) });
    let mut door = Door::new("organization", fake.routes(), Admitted::default());
    let broken = futures::stream::repeat_with(|| Err::<Frame<Bytes>, _>(Status::cancelled("broken off")));
    let request = Request::post(READ).header("content-type", "application/grpc");
    let request = request.body(Body::new(StreamBody::new(broken))).expect("request");
    let answer = tower::Service::call(&mut door, request).await.expect("answer");
    let status = Status::from_header_map(answer.headers()).expect("status");
    assert_eq!(status.code(), Code::Cancelled);
}

#[tokio::test]
async fn a_malformed_deadline_is_refused_and_a_missing_or_long_one_is_the_policys() {
    let given = Arc::new(Mutex::new(Vec::new()));
    let noted = given.clone();
    let fake = Fake::new(move |request: Request<Body>| {
        let deadline = request
            .extensions()
            .get::<Deadline>()
            .expect("the door has set it")
            .0;
        noted
            .lock()
            .expect("lock")
            .push(deadline.saturating_duration_since(Instant::now()));
        async { Ok(()) }
    });
    let mut door = Door::new("organization", fake.routes(), Admitted::default());
    let mut ask = |timeout: Option<&str>| {
        let mut request = Request::post(READ).header("content-type", "application/grpc");
        if let Some(timeout) = timeout {
            request = request.header("grpc-timeout", timeout);
        }
        tower::Service::call(&mut door, request.body(Body::empty()).expect("request"))
    };
    for garbage in ["1", "soon", "4294967296H", "-1S"] {
        let response = ask(Some(garbage)).await.expect("answer");
        let status = Status::from_header_map(response.headers()).expect("status");
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, "TIMEOUT_MALFORMED")
        );
    }
    let late = ask(Some("4m")).await.expect("answer");
    assert_eq!(
        Status::from_header_map(late.headers()).expect("status").code(),
        Code::DeadlineExceeded
    );
    for wide in [None, Some("99999999H")] {
        ask(wide).await.expect("answer");
    }
    let longest = Table::of_suite().of_path(READ).expect("policy").deadline;
    let given = given.lock().expect("lock");
    assert_eq!(given.len(), 2, "what was refused was not begun");
    assert!(
        given.iter().all(|left| *left <= longest && *left > longest / 2),
        "{given:?}"
    );
}

#[tokio::test]
async fn a_panic_is_internal_and_other_calls_on_the_connection_succeed() {
    let stop = CancellationToken::new();
    let _end = stop.clone().drop_guard();
    let go = Arc::new(Notify::new());
    let held = go.clone();
    let fake = Fake::new(move |request: Request<Body>| {
        let (held, panics) = (held.clone(), request.headers().contains_key("panic"));
        async move {
            assert!(!panics, "a planted panic");
            held.notified().await;
            Ok(())
        }
    });
    let link = remote(fake, &stop).await;
    let mut others = JoinSet::new();
    for _ in 0..20 {
        let link = link.clone();
        others.spawn(async move { call(&link, WRITE, &[]).await });
    }
    let status = call(&link, WRITE, &[("panic", "yes")])
        .await
        .expect_err("panicked");
    assert_eq!(status.code(), Code::Internal);
    assert!(
        !format!("{status:?}").contains("planted"),
        "what it says stays here"
    );
    while !others.is_empty() {
        go.notify_waiters();
        if let Ok(done) = tokio::time::timeout(Duration::from_millis(20), others.join_next()).await {
            done.expect("one").expect("no panic").expect("answered");
        }
    }
}

#[tokio::test]
async fn beyond_places_and_queue_calls_are_refused_at_once() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (says, waits) = (entered.clone(), release.clone());
    let fake = Fake::new(move |_| {
        let (says, waits) = (says.clone(), waits.clone());
        async move {
            says.notify_one();
            waits.notified().await;
            Ok(())
        }
    });
    let door = Door::new(
        "organization",
        fake.routes(),
        Admitted {
            concurrent: 1,
            queue: 0,
            watchers: 1,
        },
    );
    let link = Link::local("organization", Arc::new(door.into()), None);
    let first = tokio::spawn({
        let link = link.clone();
        async move { call(&link, WRITE, &[]).await }
    });
    entered.notified().await;
    let status = call(&link, WRITE, &[]).await.expect_err("no place");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "OVERLOADED")
    );
    release.notify_one();
    first.await.expect("no panic").expect("answered");
    release.notify_one();
    call(&link, WRITE, &[]).await.expect("a place is free again");
}

#[tokio::test]
async fn a_request_longer_than_its_policy_allows_is_refused() {
    let fake =
        Fake::new(|request: Request<Body>| async move { request.into_body().collect().await.map(|_| ()) });
    let mut door = Door::new("organization", fake.routes(), Admitted::default());
    let limit = Table::of_suite().of_path(READ).expect("policy").body_limit;
    for (length, fits) in [(limit, true), (limit + 1, false)] {
        let body = Body::new(http_body_util::Full::new(Bytes::from(vec![0; 5 + length])));
        let request = Request::post(READ).body(body).expect("request");
        let response = tower::Service::call(&mut door, request).await.expect("answer");
        let status = Status::from_header_map(response.headers());
        assert_eq!(status.is_none(), fits, "{status:?}");
        assert!(status.is_none_or(|status| reason(&status) == "BODY_TOO_LARGE"));
    }
}

#[tokio::test]
async fn a_deadline_shrinks_on_its_way_through_two_links() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |seen: &Arc<Mutex<Vec<Instant>>>, request: &Request<Body>| {
        let deadline = request.extensions().get::<Deadline>().expect("set").0;
        seen.lock().expect("lock").push(deadline);
    };
    let last = seen.clone();
    let second = local(Fake::new(move |request| {
        note(&last, &request);
        async { Ok(()) }
    }));
    let first = seen.clone();
    let middle = local(Fake::new(move |request| {
        note(&first, &request);
        let (second, deadline) = (
            second.clone(),
            *request.extensions().get::<Deadline>().expect("set"),
        );
        async move {
            let mut onward = tonic::Request::new(proto::clock::v1::PositionsRequest {});
            onward.extensions_mut().insert(deadline);
            send(&second, READ, onward).await
        }
    }));
    let wanted = Instant::now() + Duration::from_secs(2);
    let mut request = tonic::Request::new(proto::clock::v1::PositionsRequest {});
    request.extensions_mut().insert(Deadline(wanted));
    send(&middle, READ, request).await.expect("answered");
    let margin = Duration::from_millis(20);
    assert_eq!(
        *seen.lock().expect("lock"),
        [wanted - margin, wanted - 2 * margin],
        "each link keeps its margin"
    );
    let spent = call(&middle, READ, &[("grpc-timeout", "22m")])
        .await
        .expect_err("nothing left to begin with");
    assert_eq!(spent.code(), Code::DeadlineExceeded);
    let garbage = call(&middle, READ, &[("grpc-timeout", "soon")])
        .await
        .expect_err("malformed");
    assert_eq!(reason(&garbage), "TIMEOUT_MALFORMED", "a link does not hide it");
}

#[tokio::test]
async fn what_is_left_travels_over_the_network() {
    let stop = CancellationToken::new();
    let _end = stop.clone().drop_guard();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    let link = remote(
        Fake::new(move |request: Request<Body>| {
            noted
                .lock()
                .expect("lock")
                .push(texts(request.headers())["grpc-timeout"].clone());
            async { Ok(()) }
        }),
        &stop,
    )
    .await;
    call(&link, READ, &[("grpc-timeout", "2S")])
        .await
        .expect("answered");
    let seen = seen.lock().expect("lock")[0].clone();
    let micros: u64 = seen
        .strip_suffix('u')
        .expect("microseconds")
        .parse()
        .expect("a number");
    assert!((1_000_000..=1_980_000).contains(&micros), "{seen}");
}

#[tokio::test]
async fn only_idempotent_calls_are_sent_again_and_only_when_the_peer_was_unavailable() {
    let table = Table::of_suite();
    assert!(
        table.of_path(READ).expect("policy").idempotent && !table.of_path(WRITE).expect("policy").idempotent
    );
    for (path, code, sent, fine) in [
        (READ, Code::Unavailable, 3, true),
        (WRITE, Code::Unavailable, 1, false),
        (READ, Code::Aborted, 1, false),
        (READ, Code::Internal, 1, false),
    ] {
        let (fake, calls) = failing(2, code);
        let outcome = call(&local(fake), path, &[]).await;
        assert_eq!(
            (calls.load(Ordering::SeqCst), outcome.is_ok()),
            (sent, fine),
            "{path} {code:?}"
        );
    }
}

#[tokio::test]
async fn a_peer_that_is_down_is_not_stormed() {
    let (fake, calls) = failing(usize::MAX, Code::Unavailable);
    let link = local(fake);
    for _ in 0..50 {
        let status = call(&link, READ, &[]).await.expect_err("down");
        assert_eq!(status.code(), Code::Unavailable);
    }
    let attempts = calls.load(Ordering::SeqCst);
    assert!((51..=70).contains(&attempts), "{attempts} attempts for 50 calls");
}

#[tokio::test]
async fn a_peer_that_is_not_there_is_unavailable() {
    let free = Server::bind(([127, 0, 0, 1], 0).into(), Limits::inside())
        .await
        .expect("a port");
    let gone = free.address();
    drop(free);
    let unset = Link::local("organization", Arc::default(), None);
    for link in [at(gone), unset, Link::remote("organization", Vec::new(), None)] {
        let status = call(&link, READ, &[]).await.expect_err("nobody");
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::Unavailable, "PEER_UNAVAILABLE"),
            "{link:?}"
        );
    }
}

#[tokio::test]
async fn a_peer_that_does_not_answer_is_late_over_both_kinds_of_link() {
    let stop = CancellationToken::new();
    let _end = stop.clone().drop_guard();
    let never = || Fake::new(|_| std::future::pending::<Result<(), Status>>());
    for link in [local(never()), remote(never(), &stop).await] {
        let status = call(&link, WRITE, &[("grpc-timeout", "60m")])
            .await
            .expect_err("late");
        assert_eq!(status.code(), Code::DeadlineExceeded, "{link:?}");
    }
    // As a stock tonic server says it.
    let stock = remote(
        Fake::new(|_| async { Err(Status::cancelled("Timeout expired")) }),
        &stop,
    )
    .await;
    assert_eq!(
        call(&stock, WRITE, &[]).await.expect_err("late").code(),
        Code::DeadlineExceeded
    );
}

#[tokio::test]
async fn a_call_carries_the_context_given_or_else_the_services_own() {
    let folder = tempfile::tempdir().expect("folder");
    seal::Keyring::create(folder.path()).expect("keys");
    let keys = Arc::new(seal::Keyring::load(folder.path()).expect("keyring"));
    let issuer = Issuer::new("rating", keys.clone());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    let fake = Fake::new(move |request: Request<Body>| {
        noted.lock().expect("lock").push(texts(request.headers()));
        async { Ok(()) }
    });
    let door = Door::new("organization", fake.routes(), Admitted::default());
    let link = Link::local("organization", Arc::new(door.into()), Some(issuer.clone()));
    call(&link, READ, &[]).await.expect("own");
    call(&link, READ, &[(access::context::HEADER, "given")])
        .await
        .expect("header");
    let mut named = tonic::Request::new(proto::clock::v1::PositionsRequest {});
    named
        .extensions_mut()
        .insert(InNameOf("named".parse().expect("value")));
    send(&link, READ, named).await.expect("extension");
    let seen = seen.lock().expect("lock");
    let contexts: Vec<&str> = seen
        .iter()
        .map(|headers| headers[access::context::HEADER].as_str())
        .collect();
    assert_eq!(contexts, [issuer.own().expect("own").as_str(), "given", "named"]);
    let verified = access::Verifier::new(keys).verify(contexts[0]).expect("good");
    assert_eq!(verified.subject, "rating");
    assert!(seen.iter().all(|headers| !headers["x-request-id"].is_empty()));
}
