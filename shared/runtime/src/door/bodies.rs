//! Bodies with a bound: on their length, and on their time.

use std::{
    collections::{HashSet, VecDeque},
    future::Future,
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use kernel::{Kind, Refusal};
use tokio::time::{Sleep, sleep_until};
use tonic::{Status, body::Body};

use crate::admission::{Permit, late};

/// The frame around a message, five bytes.
const HEAD: usize = 5;

static STREAMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let methods = proto::DESCRIPTORS
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>());
    methods
        .filter(prost_reflect::MethodDescriptor::is_server_streaming)
        .map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()))
        .collect()
});

/// Whether the method at the path answers with a stream.
pub(crate) fn is_stream(path: &str) -> bool {
    STREAMS.contains(path)
}

/// A body that may not be longer than this; what is, ends with `BODY_TOO_LARGE`.
pub(crate) struct Bounded {
    inner: Body,
    limit: usize,
    left: usize,
}

impl Bounded {
    pub(crate) fn new(inner: Body, limit: usize) -> Self {
        Self {
            inner,
            limit,
            left: limit + HEAD,
        }
    }
}

impl http_body::Body for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(data) = frame
            .as_ref()
            .and_then(|frame| frame.as_ref().ok())
            .and_then(Frame::data_ref)
        {
            match self.left.checked_sub(data.len()) {
                Some(left) => self.left = left,
                None => return Poll::Ready(Some(Err(too_large(self.limit)))),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Bytes of a body that are waited for before it is let in; most are shorter.
const BEFORE: usize = 64 * 1024;

/// A body that has come as a whole, or so much of it: who opens a stream and sends nothing takes nobody's place
/// meanwhile (reliability.md part 1.4, H3).
pub(crate) struct Arrived {
    come: VecDeque<Result<Frame<Bytes>, Status>>,
    rest: Option<Body>,
}

impl Arrived {
    /// Waits for it.
    pub(crate) async fn of(mut body: Body) -> Self {
        let (mut come, mut size) = (VecDeque::new(), 0);
        while size < BEFORE && !body.is_end_stream() {
            let Some(frame) = body.frame().await else {
                return Self { come, rest: None };
            };
            let Ok(piece) = &frame else {
                // Nothing good comes behind it.
                come.push_back(frame);
                return Self { come, rest: None };
            };
            size += piece.data_ref().map_or(0, Bytes::len);
            come.push_back(frame);
        }
        Self {
            come,
            rest: Some(body),
        }
    }
}

impl http_body::Body for Arrived {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match (self.come.pop_front(), &mut self.rest) {
            (Some(frame), _) => Poll::Ready(Some(frame)),
            (None, Some(rest)) => Pin::new(rest).poll_frame(cx),
            (None, None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.come.is_empty() && self.rest.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}

fn too_large(limit: usize) -> Status {
    let zh = format!("内容超过 {} KiB，请分批提交或缩小范围。", limit / 1024);
    wire::status(
        Refusal::new(Kind::Exhausted, "BODY_TOO_LARGE", zh)
            .with("limit", limit)
            .into(),
    )
}

/// An answer that ends at its deadline, with the status that says so.
pub(crate) struct Until {
    inner: Body,
    deadline: Pin<Box<Sleep>>,
    ended: bool,
    _held: Option<Permit>,
}

impl Until {
    pub(crate) fn new(inner: Body, deadline: Instant, held: Option<Permit>) -> Self {
        Self {
            inner,
            deadline: Box::pin(sleep_until(deadline.into())),
            ended: false,
            _held: held,
        }
    }
}

impl http_body::Body for Until {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        std::task::ready!(self.deadline.as_mut().poll(cx));
        self.ended = true;
        let mut trailers = http::HeaderMap::new();
        let written = wire::status(late().into()).add_header(&mut trailers);
        Poll::Ready(Some(written.map(|()| Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }
}
