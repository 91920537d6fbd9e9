//! The life of one connection: opening, serving, the end of its age or of the server.

use std::{convert::Infallible, hash::BuildHasher, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use kernel::planted::Bug;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    Limits, PEER,
    body::{Arriving, Departing},
    guarded::Guarded,
    streams::Streams,
};

pub(super) async fn serve<S, B>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    limits: Arc<Limits>,
    stop: CancellationToken,
    cut: CancellationToken,
) where
    S: tower::Service<Request<Arriving>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection went before it was served");
        return;
    }
    let ended = CancellationToken::new();
    let _streams_end_with_it = ended.clone().drop_guard();
    let builder = builder(&limits, Streams::new(ended, limits.idle));
    let peer = HeaderValue::try_from(peer.ip().to_string()).ok();
    let idle = limits.idle;
    let answer = hyper::service::service_fn(move |request: Request<Incoming>| {
        let service = service.clone();
        let mut request = request.map(|body| Arriving::new(body, idle));
        request.headers_mut().remove(PEER);
        if let Some(peer) = &peer {
            request.headers_mut().insert(PEER, peer.clone());
        }
        async move {
            service
                .oneshot(request)
                .await
                .map(|response| response.map(Departing::new))
        }
    });
    let io = TokioIo::new(Guarded::new(stream, &limits));
    let mut connection = pin!(builder.serve_connection(io, answer));
    tokio::select! {
        outcome = connection.as_mut() => return ended_with(outcome),
        () = tokio::time::sleep(jittered(limits.age)) => {}
        () = stop.cancelled() => {}
        () = cut.cancelled() => return,
    }
    connection.as_mut().graceful_shutdown();
    let grace = if stop.is_cancelled() {
        limits.drain
    } else {
        limits.age_grace
    };
    tokio::select! {
        outcome = connection => ended_with(outcome),
        () = tokio::time::sleep(grace) => {}
        () = cut.cancelled() => {}
    }
}

fn builder(limits: &Limits, streams: Streams) -> auto::Builder<Streams> {
    let mut builder = auto::Builder::new(streams);
    let bounded = |bug: Bug| !bug.planted();
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(bounded(Bug::StreamHoard).then_some(limits.streams))
        .max_local_error_reset_streams(bounded(Bug::ServerResets).then_some(limits.resets))
        .max_pending_accept_reset_streams(Bug::RapidResets.planted().then_some(usize::MAX))
        .max_header_list_size(limits.header_bytes)
        .keep_alive_interval(limits.keep_alive)
        .keep_alive_timeout(limits.keep_alive_answer);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.opening)
        .max_buf_size((limits.header_bytes as usize).max(8192));
    if limits.http1 {
        builder
    } else {
        builder.http2_only()
    }
}

fn ended_with(outcome: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = outcome {
        tracing::debug!(error = &*error as &dyn std::error::Error, "a connection ended");
    }
}

/// ±10 %, so that connections made together do not come anew together.
fn jittered(age: Duration) -> Duration {
    let random = std::hash::RandomState::new().hash_one(0u8) % 201;
    let thousandth = age / 1000;
    thousandth * (900 + u32::try_from(random).unwrap_or(100))
}
