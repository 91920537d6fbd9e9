//! The official working-day calendar (N-08). A year that is not loaded makes the result provisional (暂算).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use chrono::{Datelike, Weekday};
use serde::{Deserialize, Serialize};

use crate::day::{Day, add_days};

/// Working days that nobody plans ahead: some four hundred years.
const FURTHEST: u64 = 100_000;

/// A day together with whether it was counted with a year's calendar missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated {
    /// The day reached.
    pub day: Day,
    /// True when a year in between has no official calendar: shown as 暂算, without effects.
    pub provisional: bool,
}

/// Which days are worked: the plain week, less holidays, plus make-up days.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    differs: BTreeMap<Day, bool>,
    years: BTreeSet<i32>,
}

/// A line of a calendar file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("calendar line {line}: {what}")]
pub struct CalendarError {
    /// 1-based line of the file.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

static OFFICIAL: LazyLock<Calendar> = LazyLock::new(|| {
    Calendar::read(include_str!("../data/workdays-cn.csv"))
        .unwrap_or_else(|e| unreachable!("shipped calendar: {e}"))
});

impl Calendar {
    /// The calendar shipped with the suite, 2014 to 2026.
    #[must_use]
    pub fn official() -> &'static Calendar {
        &OFFICIAL
    }

    /// Reads `date,kind,name` lines, `kind` being `holiday` (a weekday off) or `workday` (a weekend worked).
    /// A year is loaded as soon as one of its days is named.
    pub fn read(text: &str) -> Result<Self, CalendarError> {
        let mut calendar = Self::default();
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        for row in rows.records() {
            let row = row.map_err(|e| CalendarError {
                line: e.position().map_or(0, csv::Position::line),
                what: e.to_string(),
            })?;
            let line = row.position().map_or(0, csv::Position::line);
            let wrong = |what: &str| CalendarError {
                line,
                what: what.to_owned(),
            };
            let day: Day = row
                .get(0)
                .unwrap_or_default()
                .parse()
                .map_err(|_| wrong("not a date"))?;
            let worked = match row.get(1) {
                Some("holiday") => false,
                Some("workday") => true,
                _ => return Err(wrong("kind is neither holiday nor workday")),
            };
            calendar.differs.insert(day, worked);
            calendar.years.insert(day.year());
        }
        Ok(calendar)
    }

    /// The same calendar without the given years, to try out what a missing year does.
    #[must_use]
    pub fn without(&self, years: &[i32]) -> Self {
        let mut less = self.clone();
        less.years.retain(|y| !years.contains(y));
        less.differs.retain(|d, _| !years.contains(&d.year()));
        less
    }

    /// Whether the year's official calendar is loaded.
    #[must_use]
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Whether the day is worked; by the plain week where the year is not loaded.
    #[must_use]
    pub fn is_working_day(&self, day: Day) -> bool {
        self.differs
            .get(&day)
            .copied()
            .unwrap_or(!matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
    }

    /// The `n`-th working day after `start` (before it when negative). With `start_counted`, `start` itself
    /// is the first when it is worked. `n` = 0 is `start`. What lies further than anybody plans is not counted: it is the
    /// last day that there is, or the first, and provisional.
    #[must_use]
    pub fn add_working_days(&self, start: Day, n: i64, start_counted: bool) -> Dated {
        if n.unsigned_abs() > FURTHEST {
            return Dated {
                day: if n < 0 { Day::MIN } else { Day::MAX },
                provisional: true,
            };
        }
        let mut provisional = !self.knows(start.year());
        let step = if n < 0 { -1 } else { 1 };
        let mut left = n.abs();
        let mut day = start;
        if start_counted && left > 0 && self.is_working_day(day) {
            left -= 1;
        }
        while left > 0 {
            let next = add_days(day, step);
            if next == day {
                break;
            }
            day = next;
            provisional |= !self.knows(day.year());
            if self.is_working_day(day) {
                left -= 1;
            }
        }
        Dated { day, provisional }
    }

    /// Working days after `from` up to and including `to`; negative when `to` lies before `from`.
    #[must_use]
    pub fn working_days_between(&self, from: Day, to: Day) -> i64 {
        let (early, late, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let span = (late - early).num_days();
        let worked = (1..=span)
            .filter(|k| self.is_working_day(add_days(early, *k)))
            .count();
        sign * i64::try_from(worked).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn a_number_that_nobody_means_is_answered_at_once() {
        let end = |n| Calendar::official().add_working_days(day("2025-01-01"), n, true);
        assert_eq!((end(i64::MAX).day, end(i64::MAX).provisional), (Day::MAX, true));
        assert_eq!(end(i64::MIN).day, Day::MIN);
    }

    #[test]
    fn a_make_up_sunday_is_worked_and_a_holiday_is_not() {
        let official = Calendar::official();
        assert!(
            official.is_working_day(day("2015-01-04")),
            "Sunday made up for New Year"
        );
        assert!(!official.is_working_day(day("2015-01-01")));
        assert!(official.is_working_day(day("2025-03-03")));
    }

    #[test]
    fn the_start_is_counted_only_when_asked_and_worked() {
        let official = Calendar::official();
        assert_eq!(
            official.add_working_days(day("2025-03-03"), 5, false).day,
            day("2025-03-10")
        );
        assert_eq!(
            official.add_working_days(day("2025-03-03"), 5, true).day,
            day("2025-03-07")
        );
        assert_eq!(
            official.add_working_days(day("2025-03-02"), 5, true).day,
            day("2025-03-07")
        );
        assert_eq!(
            official.add_working_days(day("2025-03-10"), -5, false).day,
            day("2025-03-03")
        );
    }

    #[test]
    fn a_missing_year_makes_the_result_provisional() {
        let official = Calendar::official();
        assert!(!official.add_working_days(day("2026-06-01"), 5, false).provisional);
        assert!(
            official.add_working_days(day("2026-12-30"), 5, false).provisional,
            "2027 is not published yet"
        );
        assert!(
            official
                .without(&[2025])
                .add_working_days(day("2025-06-02"), 1, false)
                .provisional
        );
    }

    #[test]
    fn a_wrong_line_is_named() {
        let wrong = Calendar::read("date,kind,name\n2025-01-01,holiday,x\n2025-13-01,holiday,x\n")
            .expect_err("refused");
        assert_eq!(wrong.line, 3);
    }
}
