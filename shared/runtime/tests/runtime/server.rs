//! What a connection may do to the server (reliability.md findings 2 to 4, part 1.4).

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use runtime::server::{Arriving, Limits, PEER, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::raw::{GOAWAY, PING, PREFACE, RST_STREAM, Raw};

const SHORT: Duration = Duration::from_millis(50);
/// Longer than anything here may take: a test that reaches it has failed.
const LONG: Duration = Duration::from_secs(20);

struct Up {
    address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Up {
    async fn ends(self) {
        self.stop.cancel();
        timeout(LONG, self.ended)
            .await
            .expect("it ends")
            .expect("without a panic");
    }
}

/// A server that answers after the request's body with the caller's address, or never where `hold` says so.
async fn up(limits: Limits, hold: Option<Arc<Notify>>) -> Up {
    let server = Server::bind(([127, 0, 0, 1], 0).into(), limits)
        .await
        .expect("a port");
    let (address, stop) = (server.address(), CancellationToken::new());
    let answer = tower::service_fn(move |request: Request<Arriving>| {
        let hold = hold.clone();
        async move {
            if let Some(hold) = hold {
                hold.notified().await;
            }
            let peer = request.headers().get(PEER).map(|peer| peer.as_bytes().to_vec());
            let complete = request.into_body().collect().await.is_ok();
            let text = if complete {
                peer.unwrap_or_default()
            } else {
                b"incomplete".to_vec()
            };
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
        }
    });
    Up {
        address,
        ended: tokio::spawn(server.run(answer, stop.clone())),
        stop,
    }
}

fn limits() -> Limits {
    Limits {
        opening: LONG * 9,
        drain: LONG * 9,
        ..Limits::inside()
    }
}

async fn closed(stream: &mut TcpStream) -> bool {
    let mut sink = Vec::new();
    timeout(LONG, stream.read_to_end(&mut sink)).await.is_ok()
}

type Sender = h2::client::SendRequest<Bytes>;

async fn client(to: SocketAddr, builder: &h2::client::Builder) -> (Sender, JoinHandle<()>) {
    let stream = TcpStream::connect(to).await.expect("connected");
    let (sender, connection) = builder.handshake(stream).await.expect("handshake");
    let driven = tokio::spawn(async move {
        let _ = connection.await;
    });
    (sender.ready().await.expect("ready"), driven)
}

fn post() -> Request<()> {
    Request::post("http://here/")
        .header(PEER, "forged")
        .body(())
        .expect("request")
}

async fn text(mut body: h2::RecvStream) -> Result<Vec<u8>, h2::Error> {
    let mut text = Vec::new();
    while let Some(piece) = body.data().await {
        text.extend(piece?);
    }
    Ok(text)
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut_at_the_opening_deadline() {
    for http1 in [false, true] {
        for said in [&b""[..], &PREFACE[..9]] {
            let up = up(
                Limits {
                    opening: SHORT,
                    http1,
                    ..limits()
                },
                None,
            )
            .await;
            let begun = Instant::now();
            let mut stream = TcpStream::connect(up.address).await.expect("connected");
            stream.write_all(said).await.expect("said");
            assert!(closed(&mut stream).await, "still open after {said:?}");
            assert!(begun.elapsed() >= SHORT, "not before");
            up.ends().await;
        }
    }
}

#[tokio::test]
async fn the_drain_ends_whatever_the_connections_do() {
    let up = up(
        Limits {
            drain: SHORT,
            ..limits()
        },
        Some(Arc::default()),
    )
    .await;
    let _silent = TcpStream::connect(up.address).await.expect("connected");
    let mut deaf = Raw::open(up.address).await;
    deaf.next().await.expect("the server's settings");
    let mut open = Raw::open(up.address).await;
    open.request(1).await;
    open.next().await.expect("the server's settings");
    let (mut sender, _driven) = client(up.address, &h2::client::Builder::new()).await;
    let (_answer, _body) = sender.send_request(post(), false).expect("sent");
    up.ends().await;
    assert!(
        deaf.rest().await.iter().any(|frame| frame.0 == GOAWAY),
        "it was told"
    );
}

#[tokio::test]
async fn a_running_request_is_finished_during_the_drain() {
    let hold = Arc::new(Notify::new());
    let up = up(limits(), Some(hold.clone())).await;
    let (mut sender, _driven) = client(up.address, &h2::client::Builder::new()).await;
    let (answer, _) = sender.send_request(post(), true).expect("sent");
    let mut other = Raw::open(up.address).await;
    up.stop.cancel();
    while other.next().await.is_some_and(|frame| frame.0 != GOAWAY) {}
    hold.notify_one();
    assert_eq!(
        timeout(LONG, answer)
            .await
            .expect("in time")
            .expect("answered")
            .status(),
        200
    );
    drop((sender, other));
    up.ends().await;
}

#[tokio::test]
async fn hoarded_streams_are_refused_and_the_connection_is_closed() {
    let up = up(
        Limits {
            streams: 4,
            resets: 3,
            ..limits()
        },
        Some(Arc::default()),
    )
    .await;
    let mut raw = Raw::open(up.address).await;
    for stream in 0..40 {
        raw.request(2 * stream + 1).await;
    }
    let frames = timeout(LONG, raw.rest()).await.expect("closed");
    let refused = frames
        .iter()
        .filter(|frame| frame.0 == RST_STREAM && frame.2 == [0, 0, 0, 7])
        .count();
    assert!((1..=4).contains(&refused), "{refused} refused");
    assert!(frames.iter().any(|frame| frame.0 == GOAWAY));
    up.ends().await;
}

#[tokio::test]
async fn a_flood_of_pings_is_cut_at_the_budget() {
    let up = up(
        Limits {
            control_frames: 20,
            ..limits()
        },
        None,
    )
    .await;
    let mut raw = Raw::open(up.address).await;
    for _ in 0..100 {
        raw.frame(PING, 0, 0, &[0; 8]).await;
    }
    let frames = timeout(LONG, raw.rest()).await.expect("closed");
    assert!(frames.iter().filter(|frame| frame.0 == PING).count() <= 20);
    up.ends().await;
}

#[tokio::test]
async fn a_stream_whose_reader_takes_nothing_is_reset_and_the_others_go_on() {
    let up = up(
        Limits {
            idle: SHORT,
            ..limits()
        },
        None,
    )
    .await;
    let (mut stuck, _driven) = client(up.address, h2::client::Builder::new().initial_window_size(0)).await;
    let (answer, _) = stuck.send_request(post(), true).expect("sent");
    let body = answer.await.expect("the head comes").into_body();
    let error = timeout(LONG, text(body))
        .await
        .expect("in time")
        .expect_err("reset");
    assert!(error.is_reset(), "{error}");
    let (mut well, _driven) = client(up.address, &h2::client::Builder::new()).await;
    let (answer, _) = well.send_request(post(), true).expect("sent");
    assert_eq!(
        text(answer.await.expect("head").into_body()).await.expect("body"),
        b"127.0.0.1"
    );
    drop((stuck, well));
    up.ends().await;
}

#[tokio::test]
async fn a_body_that_never_comes_ends_the_wait() {
    let up = up(
        Limits {
            idle: SHORT,
            ..limits()
        },
        None,
    )
    .await;
    let (mut sender, _driven) = client(up.address, &h2::client::Builder::new()).await;
    let (answer, _never_ended) = sender.send_request(post(), false).expect("sent");
    let answer = timeout(LONG, answer).await.expect("in time").expect("answered");
    assert_eq!(text(answer.into_body()).await.expect("body"), b"incomplete");
    drop((sender, _never_ended));
    up.ends().await;
}

#[tokio::test]
async fn an_aged_connection_is_told_and_then_closed() {
    let up = up(
        Limits {
            age: SHORT,
            age_grace: SHORT,
            ..limits()
        },
        Some(Arc::default()),
    )
    .await;
    let mut raw = Raw::open(up.address).await;
    raw.request(1).await;
    let frames = timeout(LONG, raw.rest()).await.expect("closed");
    assert!(frames.iter().any(|frame| frame.0 == GOAWAY), "not without a word");
    up.ends().await;
}

#[tokio::test]
async fn one_source_may_not_take_all_connections() {
    let up = up(
        Limits {
            connections_per_source: 1,
            ..limits()
        },
        None,
    )
    .await;
    let (mut first, _driven) = client(up.address, &h2::client::Builder::new()).await;
    let mut second = TcpStream::connect(up.address).await.expect("connected");
    assert!(closed(&mut second).await);
    let (answer, _) = first.send_request(post(), true).expect("sent");
    assert_eq!(answer.await.expect("answered").status(), 200);
    drop(first);
    up.ends().await;
}

#[tokio::test]
async fn beyond_the_cap_a_connection_waits_until_another_one_goes() {
    let up = up(
        Limits {
            connections: 1,
            ..limits()
        },
        None,
    )
    .await;
    let (first, driven) = client(up.address, &h2::client::Builder::new()).await;
    let mut second = Raw::open(up.address).await;
    let mut next = Box::pin(second.next());
    assert!(futures::poll!(next.as_mut()).is_pending());
    drop(first);
    driven.await.expect("closed");
    assert!(
        timeout(LONG, next).await.expect("in time").is_some(),
        "its turn came"
    );
    drop(second);
    up.ends().await;
}

#[tokio::test]
async fn http_1_is_spoken_where_it_is_allowed_and_the_callers_address_cannot_be_forged() {
    let request =
        b"POST / HTTP/1.1\r\nhost: x\r\nzhibu-peer: forged\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for (http1, wanted) in [(true, true), (false, false)] {
        let up = up(Limits { http1, ..limits() }, None).await;
        let mut stream = TcpStream::connect(up.address).await.expect("connected");
        stream.write_all(request).await.expect("sent");
        let mut answer = Vec::new();
        let _ = timeout(LONG, stream.read_to_end(&mut answer))
            .await
            .expect("closed");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"),
            wanted,
            "{answer}"
        );
        up.ends().await;
    }
}

#[tokio::test]
async fn an_occupied_port_is_one_clear_error() {
    let first = Server::bind(([127, 0, 0, 1], 0).into(), limits())
        .await
        .expect("a port");
    let error = Server::bind(first.address(), limits()).await.expect_err("taken");
    assert!(
        error.to_string().contains(&first.address().to_string()),
        "{error}"
    );
}
