//! Records complete in time: within ten working days after the meeting (R-214, S-317, S-323). Who typed them and
//! how often anybody works with the system makes no difference.

use kernel::{Calendar, Day, Period};

use super::owed::Session;

const WORKING_DAYS: i64 = 10;

/// The meetings of the period: those whose record was complete in time, as known on the freeze day, and all.
#[must_use]
pub fn timely<'s>(
    sessions: &'s [Session],
    period: Period,
    freeze: Day,
    calendar: &Calendar,
) -> (Vec<&'s Session>, Vec<&'s Session>) {
    let all: Vec<&Session> = sessions
        .iter()
        .filter(|session| period.contains(session.held_on))
        .collect();
    let timely = all.iter().copied().filter(|session| {
        in_time(
            session.held_on,
            session.completed_on.filter(|day| *day <= freeze),
            calendar,
        )
    });
    (timely.collect(), all)
}

fn in_time(held_on: Day, completed_on: Option<Day>, calendar: &Calendar) -> bool {
    // Ten working days are always fourteen days or more: most records need no calendar.
    let early = kernel::day::add_days(held_on, WORKING_DAYS);
    completed_on.is_some_and(|completed| {
        completed <= early || completed <= calendar.add_working_days(held_on, WORKING_DAYS, false).day
    })
}

#[cfg(test)]
mod tests {
    use kernel::id::MeetingId;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn session(held_on: &str, completed_on: Option<&str>) -> Session {
        Session {
            id: MeetingId::new(),
            held_on: day(held_on),
            for_year: 2025,
            group: None,
            quorate: Default::default(),
            completed_on: completed_on.map(day),
        }
    }

    #[test]
    fn ten_working_days_pass_over_the_holidays() {
        let official = Calendar::official();
        // The national holiday of 2025 runs from 1 to 8 October; 28 September and 11 October are worked.
        let limit = official.add_working_days(day("2025-09-26"), 10, false).day;
        assert!(limit > day("2025-10-11"));
        assert!(in_time(day("2025-09-26"), Some(limit), official));
        assert!(!in_time(
            day("2025-09-26"),
            Some(kernel::day::add_days(limit, 1)),
            official
        ));
    }

    #[test]
    fn a_record_that_was_never_complete_is_owed_all_the_same() {
        let sessions = [
            session("2025-03-03", Some("2025-03-17")),
            session("2025-03-03", Some("2025-03-18")),
            session("2025-03-03", None),
            session("2026-01-05", Some("2026-01-05")),
        ];
        let year = Period::year(2025).expect("year");
        let (found, all) = timely(&sessions, year, day("2026-01-15"), Calendar::official());
        assert_eq!((found.len(), all.len()), (1, 3));
        let (found, _) = timely(&sessions, year, day("2025-03-16"), Calendar::official());
        assert!(
            found.is_empty(),
            "what was complete after the freeze was not known then"
        );
    }
}
