//! Bodies on their way in and out, watched for progress.

use std::{
    error::Error,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use super::streams::Progress;

/// The body of a request as it arrives; it fails when nothing comes for too long.
#[derive(Debug)]
pub struct Arriving {
    inner: Incoming,
    idle: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Arriving {
    pub(super) fn new(inner: Incoming, idle: Duration) -> Self {
        Self {
            inner,
            idle,
            timer: None,
        }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            self.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let idle = self.idle;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(idle)));
        timer
            .as_mut()
            .poll(cx)
            .map(|()| Some(Err("the request's body stopped coming".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The body of an answer on its way; notes when a piece of it waits for the reader.
#[derive(Debug)]
pub(super) struct Departing<B> {
    inner: Pin<Box<B>>,
}

impl<B> Departing<B> {
    pub(super) fn new(inner: B) -> Self {
        Self {
            inner: Box::pin(inner),
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Departing<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Progress::taken();
        let frame = self.inner.as_mut().poll_frame(cx);
        if let Poll::Ready(Some(Ok(piece))) = &frame
            && piece.is_data()
        {
            Progress::given();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
