//! A service whose answers a test decides, and a client for any path.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use proto::clock::v1::{PositionsRequest, PositionsResponse};
use runtime::Link;
use tonic::{Status, body::Body, server::NamedService, service::Routes};

pub(crate) const READ: &str = "/zhibu.organization.v1.OrganizationService/GetOrganization";
pub(crate) const WRITE: &str = "/zhibu.organization.v1.OrganizationService/AssignRoles";

type Handler = Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Result<(), Status>> + Send + Sync>;

/// Answers every method of organization as the test says; the messages are empty.
#[derive(Clone)]
pub(crate) struct Fake(Handler);

impl NamedService for Fake {
    const NAME: &'static str = "zhibu.organization.v1.OrganizationService";
}

impl Fake {
    pub(crate) fn new<F>(handler: impl Fn(Request<Body>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Status>> + Send + 'static,
    {
        Self(Arc::new(move |request| handler(request).boxed()))
    }

    pub(crate) fn routes(self) -> Routes {
        Routes::new(self)
    }
}

impl tower::Service<Request<Body>> for Fake {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = (self.0)(request);
        Box::pin(async move { Ok(answer.await.map_or_else(Status::into_http, |()| empty())) })
    }
}

/// One empty message and a good end.
pub(crate) fn empty() -> Response<Body> {
    let end = HeaderMap::from_iter([(
        http::HeaderName::from_static("grpc-status"),
        "0".parse().expect("value"),
    )]);
    let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(async move { Some(Ok(end)) });
    let mut response = Response::new(Body::new(body));
    response
        .headers_mut()
        .insert("content-type", "application/grpc".parse().expect("value"));
    response
}

/// Calls a path with these headers and an empty message.
pub(crate) async fn call(
    link: &Link,
    path: &'static str,
    headers: &[(&'static str, &str)],
) -> Result<(), Status> {
    let mut request = tonic::Request::new(PositionsRequest {});
    for (name, value) in headers {
        request
            .metadata_mut()
            .insert(*name, value.parse().expect("value"));
    }
    send(link, path, request).await
}

/// Calls a path with a request that the test made.
pub(crate) async fn send(
    link: &Link,
    path: &'static str,
    request: tonic::Request<PositionsRequest>,
) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(link.clone());
    let codec = tonic_prost::ProstCodec::<PositionsRequest, PositionsResponse>::default();
    client.ready().await.expect("links are ready");
    client
        .unary(request, http::uri::PathAndQuery::from_static(path), codec)
        .await
        .map(|_| ())
}

/// The reason that a refusal of the suite carries.
pub(crate) fn reason(status: &Status) -> String {
    use tonic_types::StatusExt;
    status
        .get_error_details()
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}

/// The headers as text.
pub(crate) fn texts(headers: &HeaderMap) -> HashMap<String, String> {
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    headers.iter().map(text).collect()
}
