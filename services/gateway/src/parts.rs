//! Parts of a composed answer: asked for at the same time, each marked fresh, stale or missing. One service down
//! never fails the whole and never invents a number (X19).

use std::{any::Any, future::Future, sync::Arc, time::Duration};

use kernel::{Instant, clock::system_now};
use moka::sync::Cache;
use proto::gateway::v1::{Freshness, Part};
use tonic::{Code, Status};

/// How long a part from before is shown as stale.
const SHOWN: Duration = Duration::from_secs(3600);
const REMEMBERED: u64 = 20_000;

/// Parts from before, by caller and question: never across scopes.
#[derive(Clone)]
pub struct Kept {
    parts: Cache<String, (Arc<dyn Any + Send + Sync>, Instant)>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            parts: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(SHOWN)
                .build(),
        }
    }
}

impl Kept {
    /// Asks for a part, and falls back on what was answered before to the same caller. A refusal of the owner
    /// is the answer to this caller and is never covered by something older.
    pub async fn part<T: Clone + Send + Sync + 'static>(
        &self,
        name: &str,
        caller: &str,
        question: &str,
        ask: impl Future<Output = Result<T, Status>>,
    ) -> (Part, Option<T>) {
        let key = format!("{caller} {name} {question}");
        match ask.await {
            Ok(value) => {
                let now = system_now();
                self.parts.insert(key, (Arc::new(value.clone()), now));
                (part(name, Freshness::Fresh, Some(now), ""), Some(value))
            }
            Err(status) if refused(&status) => {
                self.parts.invalidate(&key);
                (part(name, Freshness::Missing, None, status.message()), None)
            }
            Err(_) => match self
                .parts
                .get(&key)
                .and_then(|(kept, at)| Some((kept.downcast_ref::<T>()?.clone(), at)))
            {
                Some((value, at)) => (
                    part(
                        name,
                        Freshness::Stale,
                        Some(at),
                        "服务暂时没有回应，这是此前的内容。",
                    ),
                    Some(value),
                ),
                None => (
                    part(name, Freshness::Missing, None, "服务暂时没有回应，请稍后刷新。"),
                    None,
                ),
            },
        }
    }
}

fn refused(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::NotFound | Code::PermissionDenied | Code::Unauthenticated | Code::InvalidArgument
    )
}

fn part(name: &str, freshness: Freshness, at: Option<Instant>, why: &str) -> Part {
    Part {
        name: name.to_owned(),
        freshness: freshness.into(),
        as_of: at.map(wire::words::timestamp),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_is_fresh_then_stale_for_the_same_caller_and_missing_for_another() {
        let kept = Kept::default();
        let down = || async { Err::<u32, _>(Status::unavailable("down")) };
        let (fresh, value) = kept.part("member", "a", "branch", async { Ok(7u32) }).await;
        assert_eq!((fresh.freshness(), value), (Freshness::Fresh, Some(7)));
        let (stale, value) = kept.part("member", "a", "branch", down()).await;
        assert_eq!((stale.freshness(), value), (Freshness::Stale, Some(7)));
        let (missing, value) = kept.part("member", "b", "branch", down()).await;
        assert_eq!((missing.freshness(), value), (Freshness::Missing, None));
    }

    #[tokio::test]
    async fn a_refusal_is_never_covered_by_what_was_allowed_before() {
        let kept = Kept::default();
        kept.part("member", "a", "branch", async { Ok(7u32) }).await;
        let gone = async { Err::<u32, _>(Status::not_found("")) };
        assert_eq!(kept.part("member", "a", "branch", gone).await.1, None);
        let down = async { Err::<u32, _>(Status::unavailable("")) };
        assert_eq!(
            kept.part("member", "a", "branch", down).await.0.freshness(),
            Freshness::Missing
        );
    }
}
