//! Unary calls whose messages stay bytes.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Buf, BufMut, Bytes};
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::{Grpc, UnaryService},
};

/// A call that is under way.
pub type Answering = Pin<Box<dyn Future<Output = Result<Bytes, Status>> + Send>>;

/// Answers a message that came to a path.
pub trait Answer: Send + Sync + 'static {
    /// The answer.
    fn answer(&self, path: &str, message: Bytes) -> Answering;
}

impl<T: Answer> Answer for Arc<T> {
    fn answer(&self, path: &str, message: Bytes) -> Answering {
        (**self).answer(path, message)
    }
}

/// The gRPC service of it.
#[derive(Debug, Clone)]
pub struct Answers<T>(pub T);

struct One<T> {
    to: T,
    path: String,
}

impl<T: Answer> UnaryService<Bytes> for One<T> {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let answering = self.to.answer(&self.path, request.into_inner());
        Box::pin(async move { answering.await.map(Response::new) })
    }
}

impl<T: Answer + Clone> tower::Service<http::Request<Body>> for Answers<T> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let one = One {
            to: self.0.clone(),
            path: request.uri().path().to_owned(),
        };
        Box::pin(async move { Ok(Grpc::new(Raw).unary(one, request).await) })
    }
}

/// Messages as they are on the wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
