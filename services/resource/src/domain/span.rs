//! Spans of time that may be booked (S-210).

use std::collections::HashSet;

use chrono::Duration;
use kernel::{Instant, id::ResourceId};

use crate::error::ResourceError;

/// How far ahead a line may start, in days.
pub const HORIZON_DAYS: i64 = 730;

/// A span of time, its end not included: behind its start and at most 62 days away, as the contract has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// From.
    pub start: Instant,
    /// Until, not included.
    pub end: Instant,
}

impl Span {
    /// Whether the two have a moment in common. What ends when the other starts does not overlap it.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// How long it is.
    #[must_use]
    pub fn length(self) -> Duration {
        self.end - self.start
    }

    /// A span that can be booked at a moment: it lies ahead, and not too far.
    pub fn check_ahead(self, now: Instant) -> Result<(), ResourceError> {
        if self.start < now {
            return Err(ResourceError::StartInPast);
        }
        if self.start - now > Duration::days(HORIZON_DAYS) {
            return Err(ResourceError::StartTooFar);
        }
        Ok(())
    }
}

/// One line of a booking: so much of an offering in a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// Which offering.
    pub resource: ResourceId,
    /// When.
    pub span: Span,
    /// Seats or copies, from 1.
    pub quantity: u32,
}

/// The lines of one booking in the order in which they are taken, the same for every booking: two bundles that
/// want the same things never wait for each other crosswise. An offering that stands twice in overlapping
/// spans is refused.
pub fn in_order(mut lines: Vec<Line>, now: Instant) -> Result<Vec<Line>, ResourceError> {
    for line in &lines {
        line.span.check_ahead(now)?;
    }
    lines.sort();
    let twice = lines.windows(2).any(
        |pair| matches!(pair, [one, next] if one.resource == next.resource && one.span.overlaps(next.span)),
    );
    if twice {
        Err(ResourceError::ResourceTwice)
    } else {
        Ok(lines)
    }
}

/// The offerings of some lines, each once, in order.
#[must_use]
pub fn resources(lines: &[Line]) -> Vec<ResourceId> {
    let mut seen = HashSet::new();
    lines
        .iter()
        .map(|line| line.resource)
        .filter(|id| seen.insert(*id))
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("instant")
    }

    fn span(start: &str, end: &str) -> Span {
        Span {
            start: at(start),
            end: at(end),
        }
    }

    fn line(resource: u128, span: Span) -> Line {
        Line {
            resource: ResourceId(Uuid::from_u128(resource)),
            span,
            quantity: 1,
        }
    }

    const NOW: &str = "2025-06-01T00:00:00Z";

    #[test]
    fn what_ends_when_the_other_starts_does_not_overlap_it() {
        let morning = span("2025-06-02T01:00:00Z", "2025-06-02T04:00:00Z");
        let noon = span("2025-06-02T04:00:00Z", "2025-06-02T05:00:00Z");
        assert!(!morning.overlaps(noon) && !noon.overlaps(morning));
        assert!(morning.overlaps(span("2025-06-02T03:59:59Z", "2025-06-02T04:00:01Z")));
    }

    #[test]
    fn a_span_lies_ahead_and_not_too_far() {
        let judge = |start, end| span(start, end).check_ahead(at(NOW));
        assert_eq!(judge(NOW, "2025-08-02T00:00:00Z"), Ok(()));
        assert_eq!(
            judge("2025-05-31T23:59:59Z", "2025-06-02T00:00:00Z"),
            Err(ResourceError::StartInPast)
        );
        assert_eq!(
            judge("2027-06-02T00:00:00Z", "2027-06-03T00:00:00Z"),
            Err(ResourceError::StartTooFar)
        );
    }

    #[test]
    fn an_offering_stands_once_in_a_bundle_or_at_different_times() {
        let morning = span("2025-06-02T01:00:00Z", "2025-06-02T04:00:00Z");
        let later = span("2025-06-03T01:00:00Z", "2025-06-03T04:00:00Z");
        let twice = vec![line(2, morning), line(1, morning), line(2, morning)];
        assert_eq!(in_order(twice, at(NOW)), Err(ResourceError::ResourceTwice));
        let lines =
            in_order(vec![line(2, later), line(1, morning), line(2, morning)], at(NOW)).expect("in order");
        assert_eq!(lines, [line(1, morning), line(2, morning), line(2, later)]);
        assert_eq!(resources(&lines).len(), 2);
    }
}
