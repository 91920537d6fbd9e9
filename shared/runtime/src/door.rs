//! The door of a service: what stands around its routes for every request, whether it comes over the network or
//! from a link in this process. Outermost first: span and request id, metrics, panic guard, policy (no policy,
//! no entry), deadline, admission, body limit.

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use access::{Policy, Table};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderName, HeaderValue, Request, Response};
use kernel::{Fault, Kind, Refusal, RpcError, id::RecordId};
use tonic::{Status, body::Body, service::Routes};
use tracing::Instrument;

use crate::{
    admission::{Admission, Admitted, late},
    telemetry::{Meters, server_span},
};

mod bodies;
mod deadline;

pub(crate) use bodies::{Bounded, Until, is_stream};
pub(crate) use deadline::{TIMEOUT, of as deadline_of, timeout_value};

/// Names one call in logs; taken from the caller where it is a plain word, made here otherwise, and answered.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The routes of a service with everything around them. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    routes: Routes,
    admission: Admission,
    meters: Arc<Meters>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

impl Door {
    /// The door of a service.
    #[must_use]
    pub fn new(service: &'static str, routes: Routes, admitted: Admitted) -> Self {
        Self {
            routes: routes.prepare(),
            admission: Admission::new(admitted),
            meters: Arc::new(Meters::new(service)),
        }
    }

    async fn enter(self, mut request: Request<Body>) -> Response<Body> {
        let started = Instant::now();
        let id = request_id(request.headers().get(REQUEST_ID));
        let policy = Table::of_suite().of_path(request.uri().path());
        let path = policy.map_or("unknown", |policy| policy.path.as_str());
        let span = server_span(path, &id, request.headers());
        request.headers_mut().insert(REQUEST_ID, id.clone());
        let _active = self.meters.begin();
        let inside = AssertUnwindSafe(self.inside(policy, request)).catch_unwind();
        let outcome = inside.instrument(span.clone()).await;
        let _in_span = span.enter();
        let outcome = outcome.unwrap_or_else(|panic| Err(panicked(path, &*panic)));
        let mut response = outcome.unwrap_or_else(|error| {
            self.meters.refused(&error);
            wire::status(error).into_http()
        });
        self.meters.finish(path, code(&response), started.elapsed());
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }

    async fn inside(
        &self,
        policy: Option<&'static Policy>,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, RpcError> {
        let policy = policy.ok_or_else(unknown)?;
        let stream = is_stream(&policy.path);
        let deadline = deadline_of(&request, policy.deadline)?;
        deadline.left(std::time::Duration::ZERO).ok_or_else(late)?;
        let permit = self.admission.enter(stream, deadline).await?;
        request.extensions_mut().insert(permit.clone());
        request.extensions_mut().insert(deadline);
        let request = request.map(|body| Body::new(Bounded::new(body, policy.body_limit)));
        let mut routes = self.routes.clone();
        let answering = tower::Service::call(&mut routes, request);
        match tokio::time::timeout_at(deadline.0.into(), answering).await {
            Err(_) => Err(late().into()),
            Ok(Ok(response)) if stream => {
                Ok(response.map(|body| Body::new(Until::new(body, deadline.0, Some(permit)))))
            }
            Ok(Ok(response)) => Ok(response),
            Ok(Err(never)) => match never {},
        }
    }
}

impl<B> tower::Service<Request<B>> for Door
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let door = self.clone();
        Box::pin(door.enter(request.map(Body::new)).map(Ok))
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

fn unknown() -> Refusal {
    Refusal::new(
        Kind::Unimplemented,
        "METHOD_UNKNOWN",
        "没有这个接口，请核对地址。",
    )
}

/// What a panic says may hold anything, so it is not passed on to the log.
fn panicked(path: &str, _panic: &(dyn Any + Send)) -> RpcError {
    Fault::new(format!("{path} panicked")).into()
}

/// The code of an answer, as far as its head says it.
fn code(response: &Response<Body>) -> tonic::Code {
    Status::from_header_map(response.headers()).map_or(tonic::Code::Ok, |status| status.code())
}
