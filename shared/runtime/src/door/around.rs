//! What stands around every call, at the door of a service and at the front of the gateway: span and request id,
//! metrics, panic guard.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use access::{Policy, Table};
use futures::FutureExt;
use http::{HeaderName, HeaderValue, Request, Response};
use kernel::{Fault, RpcError, id::RecordId};
use tonic::{Code, Status};
use tracing::Instrument;

use crate::telemetry::{Meters, server_span};

/// Names one call in logs; taken from the caller where it is a plain word, made here otherwise, and answered.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What stands around the calls of one service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Around {
    meters: Arc<Meters>,
}

impl Around {
    /// Around the calls of a service.
    #[must_use]
    pub fn new(service: &'static str) -> Self {
        Self {
            meters: Arc::new(Meters::new(service)),
        }
    }

    /// One call: `inside` gets the policy of its path, where it has one, and the request with its id; what it refuses,
    /// and a panic in it, is written by `refuse`. An answer whose head does not say its code as gRPC does carries the
    /// [`Code`] in its extensions.
    pub async fn call<B, O, W>(
        &self,
        mut request: Request<B>,
        inside: impl FnOnce(Option<&'static Policy>, Request<B>) -> W,
        refuse: impl FnOnce(RpcError) -> Response<O>,
    ) -> Response<O>
    where
        W: Future<Output = Result<Response<O>, RpcError>>,
    {
        let started = Instant::now();
        let id = request_id(request.headers().get(REQUEST_ID));
        let policy = Table::of_suite().of_path(request.uri().path());
        let path = policy.map_or("unknown", |policy| policy.path.as_str());
        let span = server_span(path, &id, request.headers());
        request.headers_mut().insert(REQUEST_ID, id.clone());
        let _active = self.meters.begin();
        let inside = AssertUnwindSafe(async { inside(policy, request).await }).catch_unwind();
        let outcome = inside.instrument(span.clone()).await;
        let _in_span = span.enter();
        let outcome = outcome.unwrap_or_else(|panic| Err(panicked(path, &*panic)));
        let mut response = outcome.unwrap_or_else(|error| {
            self.meters.refused(&error);
            refuse(error)
        });
        self.meters.finish(path, code(&response), started.elapsed());
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
}

fn request_id(given: Option<&HeaderValue>) -> HeaderValue {
    let plain = |id: &&HeaderValue| {
        (1..=64).contains(&id.len())
            && id
                .as_bytes()
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    };
    let made = || HeaderValue::try_from(RecordId::new().to_string());
    given
        .filter(plain)
        .cloned()
        .or_else(|| made().ok())
        .unwrap_or_else(|| HeaderValue::from_static("-"))
}

/// What a panic says may hold anything, so it is not passed on to the log.
fn panicked(path: &str, _panic: &(dyn Any + Send)) -> RpcError {
    Fault::new(format!("{path} panicked")).into()
}

/// The code of an answer, as far as its head says it.
fn code<O>(response: &Response<O>) -> Code {
    let said = response.extensions().get::<Code>().copied();
    said.or_else(|| Status::from_header_map(response.headers()).map(|status| status.code()))
        .unwrap_or(Code::Ok)
}
