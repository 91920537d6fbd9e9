//! How much work is taken on at once. A bounded number is worked on, a bounded number waits, more is refused at
//! once: without a bound overload is a cliff (reliability.md finding 15).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use kernel::{Kind, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Work with less time than this left is not begun.
pub const TOO_LATE: Duration = Duration::from_millis(5);
/// When to come again after having been refused for overload.
const SOON: Duration = Duration::from_secs(1);

/// When the answer is no longer wanted. The door puts it into the request's extensions; a link takes it from
/// those of an outgoing request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// What is left, less a margin; `None` when that is too little to begin anything.
    #[must_use]
    pub fn left(self, margin: Duration) -> Option<Duration> {
        let left = self
            .0
            .saturating_duration_since(Instant::now())
            .saturating_sub(margin);
        (left >= TOO_LATE).then_some(left)
    }
}

/// The right to be worked on. Held while the work runs, so it moves into the work's own task: a storm of cancels
/// would pass the limit otherwise.
#[derive(Debug, Clone)]
pub struct Permit {
    _held: Arc<OwnedSemaphorePermit>,
}

/// How much is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// Requests worked on at the same time.
    pub concurrent: usize,
    /// Requests that may wait for their turn.
    pub queue: usize,
    /// Streams open at the same time; they have places of their own, so that watchers starve nobody.
    pub watchers: usize,
}

impl Default for Admitted {
    fn default() -> Self {
        Self {
            concurrent: 64,
            queue: 128,
            watchers: 256,
        }
    }
}

/// Lets work in.
#[derive(Debug, Clone)]
pub struct Admission {
    calls: Arc<Places>,
    streams: Arc<Places>,
}

#[derive(Debug)]
struct Places {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
}

impl Admission {
    /// With so many places.
    #[must_use]
    pub fn new(admitted: Admitted) -> Self {
        let places = |count, queue| {
            Arc::new(Places {
                free: Arc::new(Semaphore::new(count)),
                waiting: AtomicUsize::new(0),
                queue,
            })
        };
        Self {
            calls: places(admitted.concurrent, admitted.queue),
            streams: places(admitted.watchers, 0),
        }
    }

    /// A place, at once or after waiting in the bounded queue.
    /// Refuses with `OVERLOADED` beyond the bound, with `DEADLINE_EXCEEDED` what has no time left.
    pub async fn enter(&self, stream: bool, deadline: Deadline) -> Result<Permit, Refusal> {
        let places = if stream { &self.streams } else { &self.calls };
        if let Ok(held) = places.free.clone().try_acquire_owned() {
            return Ok(Permit {
                _held: Arc::new(held),
            });
        }
        let _turn = Turn::take(places).ok_or_else(overloaded)?;
        let left = deadline.left(Duration::ZERO).ok_or_else(late)?;
        match tokio::time::timeout(left, places.free.clone().acquire_owned()).await {
            Ok(Ok(held)) if deadline.left(Duration::ZERO).is_some() => Ok(Permit {
                _held: Arc::new(held),
            }),
            Ok(Err(_)) => Err(overloaded()),
            _ => Err(late()),
        }
    }
}

/// A place in the queue, given back when the wait ends or the caller goes away.
struct Turn<'a>(&'a Places);

impl<'a> Turn<'a> {
    fn take(places: &'a Places) -> Option<Self> {
        let enter = |waiting| (waiting < places.queue).then_some(waiting + 1);
        places
            .waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, enter)
            .ok()
            .map(|_| Self(places))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

fn overloaded() -> Refusal {
    Refusal::new(Kind::Exhausted, "OVERLOADED", "当前办理的人较多，请稍后重试。").again_after(SOON)
}

/// The refusal of what has no time left: `DEADLINE_EXCEEDED`.
#[must_use]
pub fn late() -> Refusal {
    Refusal::new(
        Kind::Late,
        "DEADLINE_EXCEEDED",
        "处理超时。请稍后用同一请求编号重试。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Deadline {
        Deadline(Instant::now() + Duration::from_secs(60))
    }

    #[tokio::test]
    async fn beyond_the_places_and_the_queue_work_is_refused_at_once() {
        let admission = Admission::new(Admitted {
            concurrent: 1,
            queue: 1,
            watchers: 1,
        });
        let first = admission.enter(false, soon()).await.expect("a place");
        let mut second = Box::pin(admission.enter(false, soon()));
        assert!(futures::poll!(second.as_mut()).is_pending(), "it waits");
        let third = admission.enter(false, soon()).await.expect_err("refused");
        assert_eq!(third.reason, "OVERLOADED");
        drop(first);
        assert!(second.await.is_ok(), "its turn came");
    }

    #[tokio::test]
    async fn who_gives_up_waiting_leaves_the_queue() {
        let admission = Admission::new(Admitted {
            concurrent: 1,
            queue: 1,
            watchers: 1,
        });
        let _first = admission.enter(false, soon()).await.expect("a place");
        let mut gone = Box::pin(admission.enter(false, soon()));
        assert!(futures::poll!(gone.as_mut()).is_pending());
        drop(gone);
        let mut next = Box::pin(admission.enter(false, soon()));
        assert!(
            futures::poll!(next.as_mut()).is_pending(),
            "the queue has room again"
        );
    }

    #[tokio::test]
    async fn work_without_time_left_is_not_begun() {
        let admission = Admission::new(Admitted {
            concurrent: 1,
            queue: 1,
            watchers: 1,
        });
        let _first = admission.enter(false, soon()).await.expect("a place");
        let refused = admission
            .enter(false, Deadline(Instant::now()))
            .await
            .expect_err("refused");
        assert_eq!(refused.reason, "DEADLINE_EXCEEDED");
    }

    #[tokio::test]
    async fn watchers_starve_nobody() {
        let admission = Admission::new(Admitted {
            concurrent: 1,
            queue: 0,
            watchers: 1,
        });
        let _watcher = admission.enter(true, soon()).await.expect("a place");
        assert_eq!(
            admission.enter(true, soon()).await.expect_err("refused").reason,
            "OVERLOADED"
        );
        assert!(admission.enter(false, soon()).await.is_ok());
    }
}
