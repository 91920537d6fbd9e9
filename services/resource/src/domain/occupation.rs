//! How much of an offering is taken when (S-210, X4).

use kernel::Instant;

use super::span::Span;

/// So much taken in a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// When.
    pub span: Span,
    /// Seats or copies.
    pub quantity: u32,
}

/// What is taken of an offering in a span, as pieces in order of time in which it does not change; moments at
/// which nothing is taken are left out. Who took it does not show.
#[must_use]
pub fn pieces(taken: &[Taken], within: Span) -> Vec<Taken> {
    let inside = || taken.iter().filter(|one| one.span.overlaps(within));
    let mut moments: Vec<Instant> = inside()
        .flat_map(|one| [one.span.start.max(within.start), one.span.end.min(within.end)])
        .collect();
    moments.sort();
    moments.dedup();
    let mut pieces: Vec<Taken> = Vec::with_capacity(moments.len());
    for pair in moments.windows(2) {
        let [start, end] = *pair else { continue };
        let span = Span { start, end };
        let quantity = inside()
            .filter(|one| one.span.overlaps(span))
            .map(|one| one.quantity)
            .sum();
        match pieces.last_mut() {
            Some(last) if last.span.end == start && last.quantity == quantity => last.span.end = end,
            _ if quantity > 0 => pieces.push(Taken { span, quantity }),
            _ => {}
        }
    }
    pieces
}

/// The most that is taken at any moment of a span.
#[must_use]
pub fn peak(taken: &[Taken], within: Span) -> u32 {
    pieces(taken, within)
        .iter()
        .map(|piece| piece.quantity)
        .max()
        .unwrap_or(0)
}

/// What is free in the whole of a span.
#[must_use]
pub fn free(capacity: u32, taken: &[Taken], within: Span) -> u32 {
    capacity.saturating_sub(peak(taken, within))
}

/// The first moment, not before the span's start and not after `last`, from which on the quantity is free for
/// as long as the span is: what is offered instead. `taken` covers everything until `last` and that long after.
#[must_use]
pub fn next_free(capacity: u32, taken: &[Taken], wanted: Taken, last: Instant) -> Option<Instant> {
    if wanted.quantity > capacity {
        return None;
    }
    let ends = taken
        .iter()
        .map(|one| one.span.end)
        .filter(|end| *end > wanted.span.start);
    let mut starts: Vec<Instant> = std::iter::once(wanted.span.start).chain(ends).collect();
    starts.sort();
    starts
        .into_iter()
        .take_while(|start| *start <= last)
        .find(|start| {
            let span = Span {
                start: *start,
                end: *start + wanted.span.length(),
            };
            free(capacity, taken, span) >= wanted.quantity
        })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use proptest::prelude::*;

    use super::*;

    fn hour(n: i64) -> Instant {
        Instant::default() + Duration::hours(n)
    }

    fn span(start: i64, end: i64) -> Span {
        Span {
            start: hour(start),
            end: hour(end),
        }
    }

    fn taken(start: i64, end: i64, quantity: u32) -> Taken {
        Taken {
            span: span(start, end),
            quantity,
        }
    }

    #[test]
    fn seats_taken_one_after_the_other_do_not_add_up() {
        let all = [taken(0, 2, 3), taken(2, 4, 3), taken(1, 3, 1)];
        assert_eq!(peak(&all, span(0, 4)), 4);
        assert_eq!(free(10, &all, span(0, 1)), 7);
        assert_eq!(
            pieces(&all, span(0, 5)),
            [taken(0, 1, 3), taken(1, 3, 4), taken(3, 4, 3)]
        );
    }

    #[test]
    fn what_is_free_instead_is_the_first_gap_that_is_long_enough() {
        let all = [taken(0, 2, 1), taken(3, 5, 1)];
        assert_eq!(next_free(1, &all, taken(0, 2, 1), hour(24)), Some(hour(5)));
        assert_eq!(next_free(1, &all, taken(0, 1, 1), hour(24)), Some(hour(2)));
        assert_eq!(next_free(1, &all, taken(0, 2, 1), hour(4)), None);
        assert_eq!(next_free(1, &all, taken(0, 2, 2), hour(24)), None);
    }

    proptest! {
        #[test]
        fn every_moment_agrees_with_counting_hour_by_hour(
            all in prop::collection::vec((0i64..20, 1i64..6, 1u32..5), 0..12),
            from in 0i64..20,
            long in 1i64..8,
        ) {
            let all: Vec<Taken> = all.into_iter().map(|(start, long, n)| taken(start, start + long, n)).collect();
            let asked = span(from, from + long);
            let at = |h: i64| -> u32 {
                all.iter().filter(|t| t.span.start <= hour(h) && hour(h) < t.span.end).map(|t| t.quantity).sum()
            };
            prop_assert_eq!(peak(&all, asked), (from..from + long).map(at).max().unwrap_or(0));
            let pieces = pieces(&all, asked);
            for h in from..from + long {
                let piece = pieces.iter().find(|p| p.span.start <= hour(h) && hour(h) < p.span.end);
                prop_assert_eq!(piece.map_or(0, |p| p.quantity), at(h));
            }
            prop_assert!(pieces.iter().all(|p| p.quantity > 0));
        }
    }
}
