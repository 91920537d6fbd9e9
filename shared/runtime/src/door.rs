//! The door of a service: what stands around its routes for every request, whether it comes over the network or
//! from a link in this process. Outermost first: span and request id, metrics, panic guard, policy (no policy,
//! no entry), deadline, the body's arrival, admission, body limit.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use access::Policy;
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http::{Request, Response};
use kernel::{Kind, Refusal, RpcError};
use tonic::{body::Body, service::Routes};

use crate::admission::{Admission, Admitted, late};

mod around;
mod bodies;
mod deadline;

pub use around::{Around, REQUEST_ID};
use bodies::Arrived;
pub(crate) use bodies::{Bounded, Until, is_stream};
pub(crate) use deadline::timeout_value;
pub use deadline::{TIMEOUT, of as deadline_of};

/// The routes of a service with everything around them. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    routes: Routes,
    admission: Admission,
    around: Around,
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
            routes: Routes::from(routes.into_axum_router().fallback(not_here)).prepare(),
            admission: Admission::new(admitted),
            around: Around::new(service),
        }
    }

    async fn enter(self, request: Request<Body>) -> Response<Body> {
        let around = self.around.clone();
        let inside = |policy, request| self.inside(policy, request);
        around
            .call(request, inside, |error| wire::status(error).into_http())
            .await
    }

    async fn inside(
        self,
        policy: Option<&'static Policy>,
        request: Request<Body>,
    ) -> Result<Response<Body>, RpcError> {
        let policy = policy.ok_or_else(unknown)?;
        let stream = is_stream(&policy.path);
        let deadline = deadline_of(&request, policy.deadline)?;
        deadline.left(std::time::Duration::ZERO).ok_or_else(late)?;
        let (head, body) = request.into_parts();
        let arriving = tokio::time::timeout_at(deadline.0.into(), Arrived::of(body));
        let body = Body::new(arriving.await.map_err(|_| late())?);
        let mut request = Request::from_parts(head, Body::new(Bounded::new(body, policy.body_limit)));
        let permit = self.admission.enter(stream, deadline).await?;
        request.extensions_mut().insert(permit.clone());
        request.extensions_mut().insert(deadline);
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

fn unknown() -> Refusal {
    Refusal::new(
        Kind::Unimplemented,
        "METHOD_UNKNOWN",
        "没有这个接口，请核对地址。",
    )
}

/// A path of the suite that this service does not offer: whoever calls chose the wrong one of several that could.
async fn not_here() -> Response<Body> {
    let zh = "这项服务不提供此接口，请核对 zhibu-service 填写的服务名称。";
    let refusal = Refusal::new(Kind::Unimplemented, "NOT_SERVED_HERE", zh);
    wire::status(refusal.into()).into_http()
}
