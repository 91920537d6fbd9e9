//! A socket that is watched: it must open in time, keep to its budget of control frames, and read what it asked
//! for.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::{Limits, frames::Frames};

pub(super) struct Guarded<T> {
    inner: T,
    frames: Frames,
    opening: Option<Pin<Box<Sleep>>>,
    idle: Duration,
    unread: Option<Pin<Box<Sleep>>>,
}

impl<T> Guarded<T> {
    pub(super) fn new(inner: T, limits: &Limits) -> Self {
        Self {
            inner,
            frames: Frames::new(limits.control_frames),
            opening: Some(Box::pin(sleep(limits.opening))),
            idle: limits.idle,
            unread: None,
        }
    }

    /// A write that waits gives up when the other side has read nothing for so long.
    fn watch_write<R>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.unread = None;
            return written;
        }
        let timer = self.unread.get_or_insert_with(|| Box::pin(sleep(self.idle)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the other side reads nothing",
        )))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = &mut *self;
        if let Some(opening) = &mut me.opening
            && opening.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "nothing was said in time",
            )));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut me.inner).poll_read(cx, buffer))?;
        me.frames
            .follow(&buffer.filled()[before..])
            .map_err(io::Error::other)?;
        if me.frames.opened() {
            me.opening = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.watch_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
