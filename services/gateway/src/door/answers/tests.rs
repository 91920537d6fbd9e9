//! Streams in each dialect: no public RPC streams yet, those that will need no change here.

#![expect(
    clippy::disallowed_methods,
    reason = "a peer that is faked answers as the test says"
)]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::channel::mpsc;
use prost::Message;
use prost_reflect::ReflectMessage;
use proto::gateway::v1::Part;
use serde_json::{Value, json};

use super::*;

fn message(name: &str) -> Bytes {
    let part = Part {
        name: name.into(),
        ..Default::default()
    };
    frame::frame(&part.encode_to_vec())
}

fn speech(kind: &str) -> Speech {
    let request = http::Request::post("/").header("content-type", kind);
    super::super::dialects::of(&request.body(Body::empty()).expect("a request"))
}

/// An answer whose pieces are these.
fn answer(pieces: Vec<Result<Frame<Bytes>, Status>>) -> Answer {
    Response::new(tonic::body::Body::new(StreamBody::new(stream::iter(pieces))))
}

fn good_end() -> Frame<Bytes> {
    Frame::trailers(HeaderMap::from_iter([(
        HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]))
}

async fn written_in(kind: &str, pieces: Vec<Result<Frame<Bytes>, Status>>) -> Bytes {
    let response = write(speech(kind), &Part::default().descriptor(), answer(pieces)).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body().collect().await.expect("a body").to_bytes()
}

/// The envelopes of a Connect stream: flag and JSON.
fn envelopes(mut bytes: &[u8]) -> Vec<(u8, Value)> {
    let mut found = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<5>() {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let (body, rest) = rest.split_at(length);
        found.push((head[0], serde_json::from_slice(body).expect("JSON")));
        bytes = rest;
    }
    assert!(bytes.is_empty(), "{bytes:?}");
    found
}

/// Two messages, cut where no message ends.
fn two() -> Vec<Result<Frame<Bytes>, Status>> {
    let both = [message("one"), message("two")].concat();
    let (a, b) = both.split_at(9);
    let pieces = [a, b].map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece))));
    pieces.into()
}

#[tokio::test]
async fn a_stream_in_json_is_an_envelope_a_message_and_one_end() {
    let pieces = two().into_iter().chain([Ok(good_end())]).collect();
    let found = envelopes(&written_in("application/connect+json", pieces).await);
    let expected = [
        (0, json!({ "name": "one" })),
        (0, json!({ "name": "two" })),
        (2, json!({})),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_stream_in_protobuf_has_its_messages_as_they_came() {
    let pieces = two().into_iter().chain([Ok(good_end())]).collect();
    let bytes = written_in("application/connect+proto", pieces).await;
    let expected = [&message("one")[..], &message("two"), b"\x02\0\0\0\x02{}"].concat();
    assert_eq!(bytes, expected);
}

#[tokio::test]
async fn a_stream_in_grpc_web_ends_with_its_trailers_in_binary_and_in_text() {
    for text in [false, true] {
        let kind = if text {
            "application/grpc-web-text"
        } else {
            "application/grpc-web"
        };
        let pieces = two().into_iter().chain([Ok(good_end())]).collect();
        let mut bytes = written_in(kind, pieces).await.to_vec();
        if text {
            let fours = bytes.chunks(4).map(|four| STANDARD.decode(four).expect("base64"));
            bytes = fours.flatten().collect();
        }
        let end = connect::envelope(128, b"grpc-status:0\r\n");
        assert_eq!(bytes, [&message("one")[..], &message("two"), &end].concat());
    }
}

#[tokio::test]
async fn a_refusal_in_the_middle_ends_the_stream_with_its_reason() {
    let refusal = Refusal::new(Kind::Denied, "GRANT_GONE", "您的职责已经变动。");
    let status = wire::status(refusal.into());
    let pieces = || {
        two()
            .into_iter()
            .chain([Ok(Frame::trailers(trailers(&status))), Ok(good_end())])
            .collect()
    };
    let found = envelopes(&written_in("application/connect+json", pieces()).await);
    assert_eq!(found.len(), 3, "the end is said once");
    assert_eq!(
        (found[2].0, &found[2].1["error"]["code"]),
        (2, &json!("permission_denied"))
    );
    let web = String::from_utf8_lossy(&written_in("application/grpc-web", pieces()).await).into_owned();
    assert!(
        web.contains("grpc-status:7\r\n") && !web.contains("grpc-status:0"),
        "{web}"
    );
}

#[tokio::test]
async fn a_stream_that_is_cut_says_so_and_not_what_the_transport_said() {
    let broken = || Err(Status::internal("h2 protocol error: secret"));
    for end in [vec![], vec![broken()]] {
        let fails = !end.is_empty();
        let pieces = || {
            let end = if fails { vec![broken()] } else { vec![] };
            two().into_iter().chain(end).collect()
        };
        let found = envelopes(&written_in("application/connect+json", pieces()).await);
        let error = &found.last().expect("an end").1["error"];
        assert_eq!(error["code"], "unavailable", "{found:?}");
        let web = String::from_utf8_lossy(&written_in("application/grpc-web", pieces()).await).into_owned();
        assert!(
            web.contains("grpc-status:14\r\n") && !web.contains("secret"),
            "{web}"
        );
    }
}

#[tokio::test]
async fn a_message_that_is_none_ends_the_stream() {
    for nonsense in [
        &b"\0\0\0\0\x02\xff\xff"[..],
        b"\x01\0\0\0\0",
        b"\0\xff\xff\xff\xff",
    ] {
        let bad = Ok(Frame::data(Bytes::copy_from_slice(nonsense)));
        let pieces = two().into_iter().chain([bad, Ok(good_end())]).collect();
        let found = envelopes(&written_in("application/connect+json", pieces).await);
        assert_eq!(found.len(), 3, "{nonsense:?}");
        assert!(found[2].1["error"]["code"].is_string(), "{nonsense:?}: {found:?}");
    }
}

#[tokio::test]
async fn a_unary_answer_that_is_not_one_message_is_a_fault_and_one_that_is_cut_says_so() {
    for (pieces, code) in [
        (vec![Ok(good_end())], "internal"),
        (two().into_iter().chain([Ok(good_end())]).collect(), "internal"),
        (vec![Ok(Frame::data(message("one")))], "unavailable"),
        (vec![Err(Status::unknown("reset"))], "unavailable"),
    ] {
        let response = write(
            speech("application/json"),
            &Part::default().descriptor(),
            answer(pieces),
        )
        .await;
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let error: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(error["code"], code, "{error}");
    }
}

/// The reader decides how fast: nothing is taken from the service that he has not asked for.
#[tokio::test]
async fn nothing_is_read_ahead_of_a_slow_reader_and_who_goes_away_is_noticed() {
    for kind in [
        "application/connect+json",
        "application/grpc-web",
        "application/grpc-web-text",
    ] {
        let taken = Arc::new(AtomicUsize::new(0));
        let (gone, mut noticed) = mpsc::channel::<()>(0);
        let counted = taken.clone();
        let endless = stream::repeat_with(move || {
            let _held = &gone;
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Status>(Frame::data(message("one")))
        });
        let answer = Response::new(tonic::body::Body::new(StreamBody::new(endless)));
        let mut body = write(speech(kind), &Part::default().descriptor(), answer)
            .await
            .into_body();
        for read in 1..=3 {
            body.frame().await.expect("a piece").expect("no error");
            assert!(
                taken.load(Ordering::SeqCst) <= read + 1,
                "{kind}: {read} read, {taken:?} taken"
            );
        }
        drop(body);
        assert_eq!(noticed.next().await, None, "{kind}: the service's side is let go");
    }
}
