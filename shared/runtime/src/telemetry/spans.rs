//! One request is one trace, through the gateway and every service: spans of calls, and the trace's context in
//! their headers.

use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use opentelemetry::{
    global,
    propagation::{Extractor, Injector},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

struct Said<'a>(&'a HeaderMap);

impl Extractor for Said<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct Saying<'a>(&'a mut HeaderMap);

impl Injector for Saying<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(key), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(key, value);
        }
    }
}

/// The span of a call that came in, child of what its headers say. `path` is one of the contract, since a span's
/// name must not be the caller's to choose.
pub(crate) fn server_span(path: &str, request_id: &HeaderValue, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        "rpc",
        otel.name = path.trim_start_matches('/'),
        otel.kind = "server",
        rpc.system = "grpc",
        request.id = request_id.to_str().unwrap_or_default(),
    );
    // Before the span is entered, or it has no effect; without a tracer it has none either.
    let _ = span.set_parent(global::get_text_map_propagator(|propagator| {
        propagator.extract(&Said(headers))
    }));
    span
}

/// The span of a call that goes out.
pub(crate) fn client_span(path: &str, peer: &str) -> Span {
    tracing::info_span!(
        "call",
        otel.name = path.trim_start_matches('/'),
        otel.kind = "client",
        rpc.system = "grpc",
        peer.service = peer,
    )
}

/// Writes the current span into the headers of an outgoing call.
pub(crate) fn inject(headers: &mut HeaderMap) {
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut Saying(headers)));
}

/// Around any client transport: outgoing calls carry the trace of the current span. Links do so by themselves.
#[derive(Clone, Debug)]
pub struct Propagate<S>(pub S);

impl<S, B> tower::Service<Request<B>> for Propagate<S>
where
    S: tower::Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        inject(request.headers_mut());
        self.0.call(request)
    }
}
