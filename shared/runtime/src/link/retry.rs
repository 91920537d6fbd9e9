//! Repeats what may be repeated: a call that is idempotent by its contract, when the peer was unavailable, while
//! the budget lasts. The deadline stands around all attempts.

use std::{hash::BuildHasher, time::Duration};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body_util::{BodyExt, Full};
use tonic::{Code, Status, body::Body};
use tower::retry::budget::Budget;

use super::Link;

const ATTEMPTS: u32 = 3;
const FIRST_WAIT_MICROS: u64 = 10_000;

/// A call that can be sent more than once.
pub(super) struct Whole {
    head: Parts,
    body: Bytes,
}

impl Whole {
    /// The call as it goes out.
    pub(super) fn request(&self) -> Request<Body> {
        Request::from_parts(self.head.clone(), Body::new(Full::new(self.body.clone())))
    }
}

/// Sends a call; every request of the suite is one message, so that it is whole before it goes.
pub(super) async fn send(link: &Link, request: Request<Body>, again: bool) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(status) => return status.into_http(),
    };
    let call = Whole { head, body };
    for attempt in 1.. {
        let response = link.attempt(&call).await;
        if !again {
            return response;
        }
        if !unavailable(&response) {
            link.budget.deposit();
            return response;
        }
        if attempt == ATTEMPTS || !link.budget.withdraw() {
            return response;
        }
        tracing::debug!(peer = %link.name, attempt, "unavailable, once more");
        tokio::time::sleep(wait(attempt)).await;
    }
    unreachable!("the loop ends by returning")
}

/// Errors are trailers only: the head has the code.
fn unavailable(response: &Response<Body>) -> bool {
    Status::from_header_map(response.headers()).is_some_and(|status| status.code() == Code::Unavailable)
}

/// Twice as long each time, somewhere in the upper half, so that callers do not come again together.
fn wait(attempt: u32) -> Duration {
    let longest = FIRST_WAIT_MICROS << attempt;
    let random = std::hash::RandomState::new().hash_one(attempt);
    Duration::from_micros(longest / 2 + random % (longest / 2))
}
