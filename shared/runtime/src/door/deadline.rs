//! Deadlines: a missing one is the policy's, a malformed one is refused, a longer one is cut to the policy's
//! (reliability.md part 1.4, H17).

use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue, Request};
use kernel::{Kind, Refusal};

use crate::admission::Deadline;

/// The caller's deadline, as gRPC writes it.
pub const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The earliest of what the headers say, what came along in this process, and the longest that it may take.
/// Refuses with `TIMEOUT_MALFORMED`.
pub fn of<B>(request: &Request<B>, longest: Duration) -> Result<Deadline, Refusal> {
    let given = match request.headers().get(TIMEOUT) {
        None => longest,
        Some(value) => parse(value).ok_or_else(malformed)?.min(longest),
    };
    let told = Deadline(Instant::now() + given);
    let here = request.extensions().get::<Deadline>().copied();
    Ok(here.map_or(told, |here| Deadline(here.0.min(told.0))))
}

/// At most eight digits and a unit, as the protocol says.
fn parse(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// The header's value for what is left.
pub(crate) fn timeout_value(left: Duration) -> HeaderValue {
    let text = match (left.as_micros(), left.as_millis()) {
        (micros, _) if micros < 100_000_000 => format!("{micros}u"),
        (_, millis) if millis < 100_000_000 => format!("{millis}m"),
        _ => format!("{}S", left.as_secs().min(99_999_999)),
    };
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("0u"))
}

fn malformed() -> Refusal {
    Refusal::new(
        Kind::Invalid,
        "TIMEOUT_MALFORMED",
        "请求头 grpc-timeout 的写法不对，例如应写作 5S。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_protocol_says_and_garbage_is_refused() {
        for (text, wanted) in [
            ("5S", Some(Duration::from_secs(5))),
            ("0m", Some(Duration::ZERO)),
            ("1n", Some(Duration::from_nanos(1))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("4294967296H", None),
            ("5", None),
            ("S", None),
            ("", None),
            ("-5S", None),
            ("+5S", None),
            ("5 S", None),
            ("5s", None),
        ] {
            assert_eq!(parse(&HeaderValue::from_static(text)), wanted, "{text:?}");
        }
    }

    #[test]
    fn what_is_left_is_written_so_that_it_can_be_read_again() {
        for left in [
            Duration::from_micros(1),
            Duration::from_millis(4_999),
            Duration::from_secs(86_400),
        ] {
            assert_eq!(parse(&timeout_value(left)), Some(left));
        }
        assert!(parse(&timeout_value(Duration::MAX)).is_some());
    }
}
