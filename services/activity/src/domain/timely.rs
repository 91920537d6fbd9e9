//! Records complete in time: within ten working days after the meeting (R-214, S-317, S-323). Who typed them and
//! how often anybody works with the system makes no difference.

use std::collections::BTreeSet;

use chrono::Datelike;
use kernel::{Calendar, Day, Period, day::add_days};

use super::{owed::Session, record::Outage};

const WORKING_DAYS: i64 = 10;

/// Records of the meetings of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records<'s> {
    /// The meetings, those under a recorded outage left out.
    pub owed: Vec<&'s Session>,
    /// How many of them had a complete record in time, as known on the freeze day.
    pub timely: usize,
    /// Years whose calendar is missing: what was judged by them is provisional.
    pub provisional: BTreeSet<i32>,
}

/// Judges the records of a period. A meeting is under an outage when the platform could not be used on one of the days
/// on which its record could still be made in time.
#[must_use]
pub fn records<'s>(
    sessions: &'s [Session],
    outages: &[Outage],
    period: Period,
    freeze: Day,
    calendar: &Calendar,
) -> Records<'s> {
    let mut records = Records::default();
    for session in sessions.iter().filter(|session| period.contains(session.held_on)) {
        let completed = session.completed_on.filter(|day| *day <= freeze);
        // Ten working days are always ten days or more: most records need no calendar.
        let early = add_days(session.held_on, WORKING_DAYS);
        if outages.is_empty() && completed.is_some_and(|day| day <= early) {
            records.owed.push(session);
            records.timely += 1;
            continue;
        }
        let limit = calendar.add_working_days(session.held_on, WORKING_DAYS, false);
        if outages
            .iter()
            .any(|outage| outage.from <= limit.day && session.held_on <= outage.until)
        {
            continue;
        }
        if limit.provisional {
            records.provisional.insert(limit.day.year());
        }
        records.owed.push(session);
        records.timely += usize::from(completed.is_some_and(|day| day <= limit.day));
    }
    records
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
            study_items: Vec::new(),
            assessment: String::new(),
        }
    }

    fn judged<'s>(sessions: &'s [Session], outages: &[Outage], freeze: &str) -> Records<'s> {
        let year = Period::year(2025).expect("year");
        records(sessions, outages, year, day(freeze), Calendar::official())
    }

    #[test]
    fn ten_working_days_pass_over_the_holidays() {
        // The national holiday of 2025 runs from 1 to 8 October; 28 September and 11 October are worked: 28, 29 and
        // 30 September are three days, 9, 10, 11 October three, 13 to 16 October four.
        let sessions = [
            session("2025-09-26", Some("2025-10-16")),
            session("2025-09-26", Some("2025-10-17")),
        ];
        let found = judged(&sessions, &[], "2026-01-15");
        assert_eq!((found.timely, found.owed.len()), (1, 2));
    }

    #[test]
    fn a_record_that_was_never_complete_is_owed_all_the_same() {
        let sessions = [
            session("2025-03-03", Some("2025-03-17")),
            session("2025-03-03", Some("2025-03-18")),
            session("2025-03-03", None),
            session("2026-01-05", Some("2026-01-05")),
        ];
        let found = judged(&sessions, &[], "2026-01-15");
        assert_eq!((found.timely, found.owed.len()), (1, 3));
        assert_eq!(
            judged(&sessions, &[], "2025-03-16").timely,
            0,
            "what was complete after the freeze was not known then"
        );
    }

    #[test]
    fn meetings_under_a_recorded_outage_are_left_out() {
        // Ten working days after Monday 3 March end on Monday 17 March.
        let sessions = [
            session("2025-03-03", Some("2025-03-28")),
            session("2025-03-03", Some("2025-03-04")),
        ];
        let outage = |from: &str, until: &str| Outage {
            from: day(from),
            until: day(until),
            reason: "停机".into(),
        };
        let owed = |outage: Outage| judged(&sessions, &[outage], "2026-01-15").owed.len();
        assert_eq!(owed(outage("2025-03-17", "2025-03-20")), 0);
        assert_eq!(owed(outage("2025-03-18", "2025-03-20")), 2);
        assert_eq!(owed(outage("2025-03-01", "2025-03-02")), 2);
        assert_eq!(owed(outage("2025-03-01", "2025-03-03")), 0);
    }

    #[test]
    fn a_missing_calendar_makes_it_provisional_n_08() {
        let sessions = [
            session("2025-12-26", Some("2026-01-12")),
            session("2025-12-26", Some("2025-12-30")),
        ];
        let only_2025 = Calendar::default();
        let year = Period::year(2025).expect("year");
        let found = records(&sessions, &[], year, day("2026-01-15"), &only_2025);
        assert_eq!((found.owed.len(), found.provisional), (2, BTreeSet::from([2026])));
        assert!(judged(&sessions, &[], "2026-01-15").provisional.is_empty());
    }
}
