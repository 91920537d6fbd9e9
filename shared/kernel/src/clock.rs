//! The business clock: it judges every date, deadline, hold and publicity. System time judges tokens,
//! timeouts and key retention and is read through [`system_now`] alone.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::day::{Day, Instant, day_of, micros};

/// The real time, cut to microseconds: for tokens, time-outs, key retention and instants of recording.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of the system clock")]
pub fn system_now() -> Instant {
    micros(chrono::Utc::now())
}

/// The business clock, injected wherever a date is judged. Cheap to clone; clones share the driven time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    driven: Option<Arc<AtomicI64>>,
}

/// The clock was asked to run backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock stands at {now} and cannot go back to {to}")]
pub struct Backward {
    /// Where the clock stands.
    pub now: Instant,
    /// Where it was told to go.
    pub to: Instant,
}

impl Clock {
    /// Follows the system's time.
    #[must_use]
    pub fn system() -> Self {
        Self { driven: None }
    }

    /// Stands still until it is advanced: the setting `clock = driven`, for the demo and for tests.
    #[must_use]
    pub fn driven(at: Instant) -> Self {
        Self {
            driven: Some(Arc::new(AtomicI64::new(micros(at).timestamp_micros()))),
        }
    }

    /// Whether the clock is driven.
    #[must_use]
    pub fn is_driven(&self) -> bool {
        self.driven.is_some()
    }

    /// The business time.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.driven {
            None => system_now(),
            Some(at) => Instant::from_timestamp_micros(at.load(Ordering::Acquire)).unwrap_or_default(),
        }
    }

    /// The Beijing day of the business time.
    #[must_use]
    pub fn today(&self) -> Day {
        day_of(self.now())
    }

    /// Moves a driven clock forward. A clock that follows the system, and a target in the past, are refused.
    pub fn advance(&self, to: Instant) -> Result<(), Backward> {
        let backward = Backward { now: self.now(), to };
        let Some(at) = &self.driven else {
            return Err(backward);
        };
        let target = micros(to).timestamp_micros();
        let moved = at.fetch_max(target, Ordering::AcqRel);
        if moved > target { Err(backward) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driven_clock_moves_forward_only_and_for_all_its_clones() {
        let clock = Clock::driven("2025-01-01T00:00:00Z".parse().expect("instant"));
        let other = clock.clone();
        clock
            .advance("2025-01-02T00:00:00Z".parse().expect("instant"))
            .expect("forward");
        assert_eq!(other.today().to_string(), "2025-01-02");
        assert!(
            clock
                .advance("2025-01-01T00:00:00Z".parse().expect("instant"))
                .is_err()
        );
    }

    #[test]
    fn the_system_clock_cannot_be_driven() {
        assert!(
            Clock::system()
                .advance("2999-01-01T00:00:00Z".parse().expect("instant"))
                .is_err()
        );
    }
}
