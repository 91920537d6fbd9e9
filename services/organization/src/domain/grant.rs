//! Giving a role that was perhaps given before: what is held already stays, what ends too early goes on.

use kernel::{Day, day::add_days, id::GrantId};

use super::branch::Span;

/// An assignment of the same role to the same person at the same organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Names it.
    pub id: GrantId,
    /// When it holds.
    pub span: Span,
}

/// What giving the role means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// It is held as asked: nothing changes.
    Held(GrantId),
    /// It is held and goes on until the day that is asked for.
    GoesOn(GrantId),
    /// It is held anew from this day.
    New(Day),
}

/// What it means to give a role for a span, today, to somebody who has had it so. What has passed is not asked for: a
/// role that begins today or began earlier is the same. A role that was held and has ended stays in the history, and
/// is given anew.
#[must_use]
pub fn give(before: &[Before], asked: Span, today: Day) -> Given {
    let from = asked.from.max(today);
    let running =
        |one: &&Before| one.span.from <= from && one.span.until.is_none_or(|last| from <= add_days(last, 1));
    if let Some(one) = before.iter().find(running) {
        let long_enough = match (one.span.until, asked.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(held), Some(asked)) => asked <= held,
        };
        return if long_enough {
            Given::Held(one.id)
        } else {
            Given::GoesOn(one.id)
        };
    }
    // One that never held a day, given and taken back on the same one, is taken up again.
    if let Some(one) = before.iter().find(|one| one.span.from == from) {
        return Given::GoesOn(one.id);
    }
    let taken = before.iter().any(|one| one.span.from == asked.from);
    Given::New(if taken { from } else { asked.from })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::branch::tests::{day, span};

    fn given(from: &str, until: Option<&str>, before: &[Before]) -> Given {
        give(before, span(from, until), day("2025-06-01"))
    }

    #[test]
    fn what_is_held_stays_and_what_ends_too_early_goes_on() {
        let id = GrantId::new();
        let open = [Before {
            id,
            span: span("2024-01-01", None),
        }];
        assert_eq!(given("2025-01-01", None, &open), Given::Held(id));
        assert_eq!(given("2025-01-01", Some("2025-12-31"), &open), Given::Held(id));
        let ending = [Before {
            id,
            span: span("2024-01-01", Some("2025-06-30")),
        }];
        assert_eq!(given("2025-01-01", Some("2025-06-30"), &ending), Given::Held(id));
        assert_eq!(given("2025-01-01", None, &ending), Given::GoesOn(id));
        assert_eq!(
            given("2025-07-01", None, &ending),
            Given::GoesOn(id),
            "without a gap"
        );
        assert_eq!(given("2025-08-01", None, &ending), Given::New(day("2025-08-01")));
    }

    #[test]
    fn what_was_taken_away_is_given_anew_and_its_history_stays() {
        let id = GrantId::new();
        let ended = [Before {
            id,
            span: span("2025-01-01", Some("2025-04-30")),
        }];
        assert_eq!(
            given("2025-01-01", None, &ended),
            Given::New(day("2025-06-01")),
            "from today: in May nobody held it"
        );
        let never = [Before {
            id,
            span: span("2025-06-01", Some("2025-05-31")),
        }];
        assert_eq!(given("2025-06-01", None, &never), Given::GoesOn(id));
    }

    #[test]
    fn a_role_that_begins_later_is_another_one() {
        let id = GrantId::new();
        let later = [Before {
            id,
            span: span("2025-09-01", None),
        }];
        assert_eq!(
            given("2025-06-01", Some("2025-08-31"), &later),
            Given::New(day("2025-06-01"))
        );
        assert_eq!(given("2025-09-01", None, &later), Given::Held(id));
    }
}
