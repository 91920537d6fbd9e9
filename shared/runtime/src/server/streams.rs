//! The streams of one HTTP/2 connection, each a task: it ends with the connection, and when its reader takes
//! nothing for too long (flow control would let it be held for ever; reliability.md part 1.4, H12).

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

tokio::task_local! {
    static PROGRESS: Progress;
}

/// Starts streams.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    ended: CancellationToken,
    idle: Duration,
}

impl Streams {
    pub(super) fn new(ended: CancellationToken, idle: Duration) -> Self {
        Self { ended, idle }
    }
}

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let (progress, ended, idle) = (Progress::default(), self.ended.clone(), self.idle);
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = PROGRESS.scope(progress.clone(), stream) => {}
                () = ended.cancelled_owned() => {}
                () = Stuck { progress, idle, timer: None } => tracing::info!("a reader is too slow"),
            }
        });
    }
}

/// Counts what a body gives and what is taken: odd while a piece waits for the reader.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// The piece given last has been taken.
    pub(super) fn taken() {
        let _ = PROGRESS.try_with(|progress| {
            let count = progress.0.load(Ordering::Relaxed);
            progress.0.store(count + count % 2, Ordering::Relaxed);
        });
    }

    /// A piece is given.
    pub(super) fn given() {
        let _ = PROGRESS.try_with(|progress| {
            let count = progress.0.load(Ordering::Relaxed);
            progress.0.store(count + 1 + count % 2, Ordering::Relaxed);
        });
    }
}

/// Ends when one piece has waited for too long. Polled after the stream, in the same task, so it sees each
/// change.
struct Stuck {
    progress: Progress,
    idle: Duration,
    timer: Option<(u64, Pin<Box<Sleep>>)>,
}

impl Future for Stuck {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let count = self.progress.0.load(Ordering::Relaxed);
        if count.is_multiple_of(2) {
            self.timer = None;
            return Poll::Pending;
        }
        if self.timer.as_ref().is_none_or(|(at, _)| *at != count) {
            self.timer = Some((count, Box::pin(sleep(self.idle))));
        }
        self.timer
            .as_mut()
            .map_or(Poll::Pending, |(_, timer)| timer.as_mut().poll(cx))
    }
}
