//! A proxy that does nothing: every call goes on as it came, and its answer back.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tonic::{
    Status,
    body::Body,
    transport::{Channel, Endpoint, Error},
};
use tower::{Service, ServiceExt};

/// The way on.
#[derive(Debug, Clone)]
pub struct Hop(Channel);

impl Hop {
    /// To an address.
    pub fn new(to: SocketAddr) -> Result<Self, Error> {
        let endpoint = Endpoint::from_shared(format!("http://{to}"))?;
        Ok(Self(endpoint.tcp_nodelay(true).connect_lazy()))
    }
}

impl Service<http::Request<Body>> for Hop {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let up = self.0.clone();
        Box::pin(async move {
            let answer = up.oneshot(request).await;
            Ok(answer.unwrap_or_else(|error| Status::unavailable(error.to_string()).into_http()))
        })
    }
}
