//! How often a caller may call. In this process; shared between replicas by Redis where that is configured.

use std::{num::NonZeroU32, sync::Arc};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::HeaderMap;
use kernel::{Kind, Refusal};

use crate::callers::SignedIn;

/// Rate limits of the door.
#[derive(Clone)]
pub struct Limits {
    callers: Arc<DefaultKeyedRateLimiter<String>>,
    strangers: Arc<DefaultKeyedRateLimiter<String>>,
}

impl Limits {
    /// So many calls a second for a signed-in caller, and for all who are not, each by address.
    #[must_use]
    pub fn new(caller: NonZeroU32, stranger: NonZeroU32) -> Self {
        Self {
            callers: Arc::new(RateLimiter::keyed(Quota::per_second(caller))),
            strangers: Arc::new(RateLimiter::keyed(Quota::per_second(stranger))),
        }
    }

    /// Lets a call in.
    /// Refuses with `RATE_LIMITED` when the caller has used up his share of this second.
    pub fn admit(&self, caller: Option<&SignedIn>, headers: &HeaderMap) -> Result<(), Refusal> {
        let within = match caller {
            Some(known) => self.callers.check_key(&known.subject),
            None => self.strangers.check_key(&address(headers)),
        };
        within.map_err(|_| Refusal::new(Kind::Exhausted, "RATE_LIMITED", "请求过于频繁，请稍等片刻再试。"))
    }
}

/// The address that the runner noted; callers cannot set it.
fn address(headers: &HeaderMap) -> String {
    headers
        .get(runtime::server::PEER)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}
