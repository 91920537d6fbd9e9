//! The states of a booking, and what the clock does to it (S-210, X4).

use chrono::Duration;
use kernel::{
    Instant,
    day::{add_days, day_of, start_of},
    id::{BookingId, OrganizationId},
};

use super::span::Line;
use crate::error::ResourceError;

/// State of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Held until it expires.
    Held,
    /// Confirmed.
    Confirmed,
    /// Kept.
    Kept,
    /// Cancelled before its start.
    Cancelled,
    /// The hold ran out.
    Expired,
    /// Confirmed, neither kept nor cancelled by the end of the day after.
    Missed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 6] = [
        Self::Held,
        Self::Confirmed,
        Self::Kept,
        Self::Cancelled,
        Self::Expired,
        Self::Missed,
    ];

    /// As it stands in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Kept => "kept",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Missed => "missed",
        }
    }

    /// The state that the clock makes of it when its time is over; `None` for what has ended.
    #[must_use]
    pub fn lapsed(self) -> Option<State> {
        match self {
            Self::Held => Some(Self::Expired),
            Self::Confirmed => Some(Self::Missed),
            _ => None,
        }
    }
}

/// A booking: one line, or a bundle that stands and falls as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Names it.
    pub id: BookingId,
    /// Who booked.
    pub organization: OrganizationId,
    /// Its state as it was written last; [`Booking::at`] says what the clock made of it since.
    pub state: State,
    /// Its lines, in the order in which they are taken.
    pub lines: Vec<Line>,
    /// What it is for.
    pub purpose: String,
    /// When the clock ends it: a hold expires, a confirmed booking is missed. `None` for what has ended.
    pub due_at: Option<Instant>,
    /// Rises with each change.
    pub version: u64,
}

impl Booking {
    /// A hold until `expires_at`.
    #[must_use]
    pub fn hold(
        id: BookingId,
        organization: OrganizationId,
        lines: Vec<Line>,
        purpose: String,
        expires_at: Instant,
    ) -> Self {
        Self {
            id,
            organization,
            state: State::Held,
            lines,
            purpose,
            due_at: Some(expires_at),
            version: 1,
        }
    }

    /// The start of its earliest line.
    #[must_use]
    pub fn starts_at(&self) -> Instant {
        self.lines
            .iter()
            .map(|line| line.span.start)
            .min()
            .unwrap_or_default()
    }

    /// The end of its latest line.
    #[must_use]
    pub fn ends_at(&self) -> Instant {
        self.lines
            .iter()
            .map(|line| line.span.end)
            .max()
            .unwrap_or_default()
    }

    /// Its state at a moment, also where nobody has written down yet what the clock did.
    #[must_use]
    pub fn at(&self, now: Instant) -> State {
        let over = self.due_at.is_some_and(|due| due <= now);
        if over {
            self.state.lapsed().unwrap_or(self.state)
        } else {
            self.state
        }
    }

    /// Confirms a hold that has not run out.
    pub fn confirm(self, now: Instant) -> Result<Self, ResourceError> {
        match self.at(now) {
            State::Held => {
                let missed_at = missed_at(self.ends_at());
                Ok(self.moved(State::Confirmed, Some(missed_at)))
            }
            State::Expired => Err(ResourceError::HoldExpired),
            State::Confirmed => Err(ResourceError::AlreadyConfirmed),
            State::Kept | State::Cancelled | State::Missed => Err(ResourceError::BookingClosed),
        }
    }

    /// Cancels before the start; everything is given back.
    pub fn cancel(self, now: Instant) -> Result<Self, ResourceError> {
        match self.at(now) {
            State::Held | State::Confirmed if self.starts_at() <= now => Err(ResourceError::AlreadyStarted),
            State::Held | State::Confirmed => Ok(self.moved(State::Cancelled, None)),
            _ => Err(ResourceError::BookingClosed),
        }
    }

    /// Records that a confirmed booking was kept: from its start until the end of the day after.
    pub fn keep(self, now: Instant) -> Result<Self, ResourceError> {
        if self.at(now) != State::Confirmed {
            return Err(ResourceError::NotConfirmed);
        }
        if now < self.starts_at() {
            return Err(ResourceError::NotStarted);
        }
        Ok(self.moved(State::Kept, None))
    }

    /// Writes down what the clock did; `None` while its time is not over.
    #[must_use]
    pub fn lapse(self, now: Instant) -> Option<Self> {
        let state = self.at(now);
        (state != self.state).then(|| self.moved(state, None))
    }

    /// Whether its lines still take anything away from others.
    #[must_use]
    pub fn takes(&self) -> bool {
        !matches!(self.state, State::Cancelled | State::Expired)
    }

    fn moved(self, state: State, due_at: Option<Instant>) -> Self {
        Self {
            state,
            due_at,
            version: self.version + 1,
            ..self
        }
    }
}

/// From when on a confirmed booking that ended is missed: the end of the Beijing day after its last moment.
fn missed_at(ends_at: Instant) -> Instant {
    start_of(add_days(day_of(ends_at - Duration::microseconds(1)), 2))
}

#[cfg(test)]
mod tests {
    use kernel::id::ResourceId;

    use super::*;
    use crate::domain::span::Span;

    fn at(text: &str) -> Instant {
        text.parse().expect("instant")
    }

    /// Held on 1 June until 01:30 UTC, for 10 June 09:00 to 12:00 in Beijing.
    fn held() -> Booking {
        let span = Span {
            start: at("2025-06-10T01:00:00Z"),
            end: at("2025-06-10T04:00:00Z"),
        };
        let line = Line {
            resource: ResourceId::new(),
            span,
            quantity: 1,
        };
        Booking::hold(
            BookingId::new(),
            OrganizationId::new(),
            vec![line],
            "党课".into(),
            at("2025-06-01T01:30:00Z"),
        )
    }

    fn confirmed() -> Booking {
        held().confirm(at("2025-06-01T01:00:00Z")).expect("confirmed")
    }

    #[test]
    fn a_hold_is_confirmed_before_it_expires_and_not_at_that_moment() {
        assert!(held().confirm(at("2025-06-01T01:29:59Z")).is_ok());
        assert_eq!(
            held().confirm(at("2025-06-01T01:30:00Z")),
            Err(ResourceError::HoldExpired)
        );
        assert_eq!(
            confirmed().confirm(at("2025-06-01T02:00:00Z")),
            Err(ResourceError::AlreadyConfirmed)
        );
    }

    #[test]
    fn a_confirmed_booking_is_missed_at_the_end_of_the_beijing_day_after() {
        assert_eq!(confirmed().at(at("2025-06-11T15:59:59Z")), State::Confirmed);
        assert_eq!(confirmed().at(at("2025-06-11T16:00:00Z")), State::Missed);
        let lapsed = confirmed().lapse(at("2025-06-11T16:00:00Z")).expect("lapsed");
        assert_eq!(
            (lapsed.state, lapsed.due_at, lapsed.version),
            (State::Missed, None, 3)
        );
        assert_eq!(confirmed().lapse(at("2025-06-11T15:59:59Z")), None);
        assert_eq!(
            missed_at(at("2025-06-10T16:00:00Z")),
            at("2025-06-11T16:00:00Z"),
            "until midnight"
        );
    }

    #[test]
    fn it_is_cancelled_before_its_start_and_kept_from_then_on() {
        let (before, start) = (at("2025-06-10T00:59:59Z"), at("2025-06-10T01:00:00Z"));
        assert_eq!(
            confirmed().cancel(before).map(|b| (b.state, b.takes())),
            Ok((State::Cancelled, false))
        );
        assert_eq!(confirmed().cancel(start), Err(ResourceError::AlreadyStarted));
        assert_eq!(confirmed().keep(before), Err(ResourceError::NotStarted));
        assert_eq!(confirmed().keep(start).map(|b| b.state), Ok(State::Kept));
        assert_eq!(held().keep(start), Err(ResourceError::NotConfirmed));
        assert_eq!(
            confirmed().keep(at("2025-06-11T16:00:00Z")),
            Err(ResourceError::NotConfirmed)
        );
    }

    #[test]
    fn what_has_ended_stays_ended() {
        let later = at("2025-06-01T02:00:00Z");
        for state in [State::Kept, State::Cancelled, State::Expired, State::Missed] {
            let ended = Booking {
                state,
                due_at: None,
                ..held()
            };
            assert!(ended.clone().confirm(later).is_err(), "{state:?}");
            assert_eq!(ended.clone().cancel(later), Err(ResourceError::BookingClosed));
            assert_eq!(ended.clone().keep(later), Err(ResourceError::NotConfirmed));
            assert_eq!(ended.lapse(later), None);
        }
    }
}
