//! Parts of a composed answer: asked for at the same time, each marked fresh, stale or missing. One service down
//! never fails the whole and never invents a number (X19).

use std::{any::Any, future::Future, sync::Arc, time::Duration};

use kernel::{Clock, Instant, Refusal};
use moka::sync::Cache;
use prost::Message;
use proto::gateway::v1::{Freshness, Part};
use tonic::{Code, Status};

use crate::callers::EPOCH_OLD;

/// How long a part from before is shown as stale.
const SHOWN: Duration = Duration::from_secs(3600);
/// Bytes of all parts that are kept, as they would be sent.
const KEPT_BYTES: u64 = 64 * 1024 * 1024;
/// A larger part is not kept.
const LARGEST: usize = 1024 * 1024;

/// Parts from before, by caller and question: never across callers, never across what a caller may.
#[derive(Clone)]
pub struct Kept {
    parts: Cache<String, Old>,
    clock: Clock,
}

#[derive(Clone)]
struct Old {
    part: Arc<dyn Any + Send + Sync>,
    bytes: u32,
    at: Instant,
}

impl Kept {
    /// Nothing yet; the business clock says as of when a part is.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            parts: Cache::builder()
                .max_capacity(KEPT_BYTES)
                .weigher(|key: &String, old: &Old| {
                    old.bytes
                        .saturating_add(u32::try_from(key.len()).unwrap_or(u32::MAX))
                })
                .time_to_live(SHOWN)
                .build(),
        }
    }

    /// One composition, whose parts are kept for this caller and this question. An owner that has not answered within
    /// `patience` does not answer.
    #[must_use]
    pub fn composition(&self, caller: &str, question: &str, patience: Duration) -> Composition {
        Composition {
            kept: self.clone(),
            key: format!("{caller} {question}"),
            patience,
        }
    }
}

/// An answer that is being composed.
pub struct Composition {
    kept: Kept,
    key: String,
    patience: Duration,
}

impl Composition {
    /// Asks for a part, and falls back on what was answered before to the same caller. A refusal of the owner
    /// is the answer to this caller and is never covered by something older. Refuses with `EPOCH_OLD` alone: the
    /// caller's roles have changed, and the whole question is asked again.
    pub async fn part<T: Message + Clone + 'static>(
        &self,
        name: &str,
        ask: impl Future<Output = Result<T, Status>>,
    ) -> Result<(Part, Option<T>), Refusal> {
        let key = format!("{} {name}", self.key);
        let answer = tokio::time::timeout(self.patience, ask)
            .await
            .unwrap_or_else(|_| Err(wire::status(runtime::admission::late().into())));
        match answer {
            Ok(value) => {
                let at = self.kept.clock.now();
                self.keep(key, &value, at);
                Ok((part(name, Freshness::Fresh, Some(at), ""), Some(value)))
            }
            Err(status) if is_epoch_old(&status) => Err(Refusal::new(
                kernel::Kind::Unauthenticated,
                EPOCH_OLD,
                status.message(),
            )),
            Err(status) if refused(&status) => {
                self.kept.parts.invalidate(&key);
                Ok((part(name, Freshness::Missing, None, status.message()), None))
            }
            Err(status) => {
                tracing::info!(part = name, code = ?status.code(), "an owner does not answer");
                Ok(self.as_before(name, &key))
            }
        }
    }

    fn keep<T: Message + Clone + 'static>(&self, key: String, value: &T, at: Instant) {
        let bytes = value.encoded_len();
        if bytes > LARGEST {
            self.kept.parts.invalidate(&key);
            return;
        }
        let old = Old {
            part: Arc::new(value.clone()),
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            at,
        };
        self.kept.parts.insert(key, old);
    }

    fn as_before<T: Clone + 'static>(&self, name: &str, key: &str) -> (Part, Option<T>) {
        let old = self.kept.parts.get(key);
        let old = old.and_then(|old| Some((old.part.downcast_ref::<T>()?.clone(), old.at)));
        match old {
            Some((value, at)) => {
                let why = "服务暂时没有回应，这是此前的内容。";
                (part(name, Freshness::Stale, Some(at), why), Some(value))
            }
            None => {
                let why = "服务暂时没有回应，请稍后刷新。";
                (part(name, Freshness::Missing, None, why), None)
            }
        }
    }
}

fn is_epoch_old(status: &Status) -> bool {
    use tonic_types::StatusExt;
    status.code() == Code::Unauthenticated
        && status
            .get_error_details()
            .error_info()
            .is_some_and(|info| info.reason == EPOCH_OLD)
}

fn refused(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::NotFound | Code::PermissionDenied | Code::Unauthenticated | Code::InvalidArgument
    )
}

/// How good a part is.
#[must_use]
pub fn part(name: &str, freshness: Freshness, at: Option<Instant>, why: &str) -> Part {
    Part {
        name: name.to_owned(),
        freshness: freshness.into(),
        as_of: at.map(wire::words::timestamp),
        why: why.to_owned(),
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a peer that is faked answers as the test says"
)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    async fn asked(kept: &Kept, caller: &str, answer: Result<String, Status>) -> (Freshness, Option<String>) {
        let composition = kept.composition(caller, "branch", SOON);
        let (part, value) = composition
            .part("member", async { answer })
            .await
            .expect("composed");
        (part.freshness(), value)
    }

    fn seven() -> Result<String, Status> {
        Ok("7".to_owned())
    }

    fn down() -> Result<String, Status> {
        Err(Status::unavailable("down"))
    }

    #[tokio::test]
    async fn a_part_is_fresh_then_stale_for_the_same_caller_and_missing_for_another() {
        let kept = Kept::new(Clock::system());
        assert_eq!(asked(&kept, "a", seven()).await, (Freshness::Fresh, seven().ok()));
        assert_eq!(asked(&kept, "a", down()).await, (Freshness::Stale, seven().ok()));
        assert_eq!(asked(&kept, "b", down()).await, (Freshness::Missing, None));
    }

    #[tokio::test]
    async fn a_refusal_is_never_covered_by_what_was_allowed_before() {
        let kept = Kept::new(Clock::system());
        asked(&kept, "a", seven()).await;
        let gone = Err(Status::not_found(""));
        assert_eq!(asked(&kept, "a", gone).await, (Freshness::Missing, None));
        assert_eq!(asked(&kept, "a", down()).await, (Freshness::Missing, None));
    }

    #[tokio::test(start_paused = true)]
    async fn an_owner_that_takes_too_long_does_not_answer() {
        let kept = Kept::new(Clock::system());
        let composition = kept.composition("a", "branch", SOON);
        let never = std::future::pending::<Result<String, Status>>();
        let (part, value) = composition.part("member", never).await.expect("composed");
        assert_eq!((part.freshness(), value), (Freshness::Missing, None));
    }

    #[tokio::test]
    async fn a_part_that_is_too_large_to_keep_is_not_kept_and_covers_nothing() {
        let kept = Kept::new(Clock::system());
        asked(&kept, "a", seven()).await;
        let large = "x".repeat(LARGEST + 1);
        assert_eq!(asked(&kept, "a", Ok(large)).await.0, Freshness::Fresh);
        assert_eq!(asked(&kept, "a", down()).await, (Freshness::Missing, None));
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded_in_bytes() {
        let kept = Kept::new(Clock::system());
        let large = "x".repeat(LARGEST - 100);
        for n in 0..100 {
            asked(&kept, &format!("caller {n}"), Ok(large.clone())).await;
        }
        kept.parts.run_pending_tasks();
        assert!(kept.parts.weighted_size() <= KEPT_BYTES);
        assert!(kept.parts.entry_count() > 10);
    }
}
