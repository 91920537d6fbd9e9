//! Days and periods. A day is a Beijing day (fixed +08:00, domain.md trap 9), an instant is UTC cut to
//! microseconds, since that is what Postgres keeps.

use chrono::{DateTime, Datelike, FixedOffset, Months, NaiveDate, SubsecRound, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// A calendar day in Beijing.
pub type Day = NaiveDate;
/// A moment in UTC, cut to microseconds.
pub type Instant = DateTime<Utc>;

/// Cuts an instant to the microseconds that both databases keep.
#[must_use]
pub fn micros(instant: Instant) -> Instant {
    instant.trunc_subsecs(6)
}

/// The Beijing day on which an instant falls.
#[must_use]
pub fn day_of(instant: Instant) -> Day {
    instant.with_timezone(&beijing()).date_naive()
}

/// The first moment of a Beijing day.
#[must_use]
pub fn start_of(day: Day) -> Instant {
    let midnight = day.and_hms_opt(0, 0, 0).unwrap_or_default();
    beijing()
        .from_local_datetime(&midnight)
        .single()
        .map_or_else(Instant::default, |at| at.with_timezone(&Utc))
}

fn beijing() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).unwrap_or_else(|| unreachable!("8 hours is an offset"))
}

/// The same day of the month, `months` later (earlier when negative), clamped to the month's end
/// (N-08: 31 Aug + 6 months = 28 or 29 Feb; 29 Feb + 12 months = 28 Feb).
#[must_use]
pub fn add_months(day: Day, months: i32) -> Day {
    let moved = if months >= 0 {
        day.checked_add_months(Months::new(months.unsigned_abs()))
    } else {
        day.checked_sub_months(Months::new(months.unsigned_abs()))
    };
    moved.unwrap_or(if months >= 0 { Day::MAX } else { Day::MIN })
}

/// `days` later (earlier when negative).
#[must_use]
pub fn add_days(day: Day, days: i64) -> Day {
    chrono::Duration::try_days(days)
        .and_then(|days| day.checked_add_signed(days))
        .unwrap_or(if days >= 0 { Day::MAX } else { Day::MIN })
}

/// The last day of the month of `day`.
#[must_use]
pub fn month_end(day: Day) -> Day {
    let first = day.with_day(1).unwrap_or(day);
    add_days(add_months(first, 1), -1)
}

/// A period of whole days, both ends included; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    first: Day,
    last: Day,
}

impl Period {
    /// From `first` to `last`, both included; `None` when `last` lies before `first`.
    #[must_use]
    pub fn new(first: Day, last: Day) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The calendar year; `None` outside what the calendar can name.
    #[must_use]
    pub fn year(year: i32) -> Option<Self> {
        Self::new(Day::from_ymd_opt(year, 1, 1)?, Day::from_ymd_opt(year, 12, 31)?)
    }

    /// First day, included.
    #[must_use]
    pub fn first(self) -> Day {
        self.first
    }

    /// Last day, included.
    #[must_use]
    pub fn last(self) -> Day {
        self.last
    }

    /// Number of days, at least 1.
    #[must_use]
    pub fn days(self) -> i64 {
        (self.last - self.first).num_days() + 1
    }

    /// Whether the day lies in the period.
    #[must_use]
    pub fn contains(self, day: Day) -> bool {
        self.first <= day && day <= self.last
    }

    /// The days in both; `None` when there is none.
    #[must_use]
    pub fn clip(self, from: Day, to: Option<Day>) -> Option<Self> {
        Self::new(self.first.max(from), to.map_or(self.last, |to| self.last.min(to)))
    }

    /// The months whose every day lies in the period (满月).
    pub fn full_months(self) -> impl Iterator<Item = Period> {
        self.full_spans(1)
    }

    /// The quarters whose every day lies in the period.
    pub fn full_quarters(self) -> impl Iterator<Item = Period> {
        self.full_spans(3)
    }

    /// The half-years whose every day lies in the period.
    pub fn full_halves(self) -> impl Iterator<Item = Period> {
        self.full_spans(6)
    }

    /// The calendar years whose last day lies in the period: those for which what is owed once a year is asked.
    pub fn years_ending(self) -> impl Iterator<Item = Period> {
        (self.first.year()..=self.last.year())
            .filter_map(Period::year)
            .filter(move |year| self.contains(year.last))
    }

    fn full_spans(self, months: u32) -> impl Iterator<Item = Period> {
        let start_month = self.first.month0() / months * months;
        let start = self
            .first
            .with_day(1)
            .and_then(|d| d.with_month0(start_month))
            .unwrap_or(self.first);
        let step = i32::try_from(months).unwrap_or(1);
        (0..)
            .map(move |k| add_months(start, k * step))
            .map(move |first| Period {
                first,
                last: add_days(add_months(first, step), -1),
            })
            .skip_while(move |span| span.first < self.first)
            .take_while(move |span| span.last <= self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn months_clamp_to_the_end_of_the_month() {
        assert_eq!(add_months(day("2025-08-31"), 6), day("2026-02-28"));
        assert_eq!(add_months(day("2023-08-31"), 6), day("2024-02-29"));
        assert_eq!(add_months(day("2024-02-29"), 12), day("2025-02-28"));
        assert_eq!(add_months(day("2025-03-31"), -1), day("2025-02-28"));
    }

    #[test]
    fn what_lies_behind_the_last_day_is_the_last_day() {
        assert_eq!(add_days(day("2025-01-01"), i64::MAX), Day::MAX);
        assert_eq!(add_days(day("2025-01-01"), i64::MIN), Day::MIN);
        assert_eq!(add_months(day("2025-01-01"), i32::MAX), Day::MAX);
    }

    #[test]
    fn a_day_is_a_beijing_day() {
        let late: Instant = "2025-06-30T16:00:00Z".parse().expect("instant");
        assert_eq!(day_of(late), day("2025-07-01"));
        assert_eq!(start_of(day("2025-07-01")), late);
    }

    #[test]
    fn a_branch_founded_on_20_may_has_seven_full_months_and_two_full_quarters() {
        let period = Period::year(2025)
            .and_then(|y| y.clip(day("2025-05-20"), None))
            .expect("period");
        assert_eq!(period.full_months().count(), 7);
        assert_eq!(period.full_quarters().count(), 2);
        assert_eq!(period.full_halves().count(), 1);
        assert_eq!(period.days(), 226);
    }

    #[test]
    fn a_whole_year_has_twelve_months_and_four_quarters() {
        let year = Period::year(2025).expect("year");
        assert_eq!(year.full_months().count(), 12);
        assert_eq!(year.full_quarters().count(), 4);
        assert!(Period::new(day("2025-01-02"), day("2025-01-01")).is_none());
    }

    #[test]
    fn a_year_ends_in_a_period_that_holds_its_last_day() {
        let ending = |first: &str, last: &str| -> Vec<i32> {
            let period = Period::new(day(first), day(last)).expect("period");
            period.years_ending().map(|year| year.first().year()).collect()
        };
        assert_eq!(ending("2025-01-01", "2025-12-31"), [2025]);
        assert_eq!(ending("2025-09-16", "2026-09-15"), [2025], "twelve months");
        assert_eq!(ending("2024-12-31", "2026-01-01"), [2024, 2025]);
        assert!(ending("2025-01-01", "2025-12-30").is_empty());
    }
}
