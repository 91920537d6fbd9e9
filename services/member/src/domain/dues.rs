//! Dues: a rate on the whole base by tier, a cliff and not a marginal rate (R-301 to R-303, trap 11), and when a
//! month counts as paid in time.

use chrono::Datelike;
use kernel::{
    Day, Fen,
    day::{add_months, month_end},
};

use crate::error::MemberError;

/// Class of income.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Monthly wage after tax.
    Wage,
    /// Pension.
    Pension,
    /// Farmer: the branch fixes an amount within bounds.
    Farmer,
    /// Student, on relief or without income: a fixed amount.
    Relief,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wage, Self::Pension, Self::Farmer, Self::Relief];

    /// The number in the database and the contract.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Wage => 1,
            Self::Pension => 2,
            Self::Farmer => 3,
            Self::Relief => 4,
        }
    }

    /// The class with this number.
    #[must_use]
    pub fn of_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.number() == number)
    }
}

/// A table of tiers in force from a day on. A norm never changes in place: another table gets another version.
#[derive(Debug, Clone, Copy)]
pub struct TierTable {
    /// Its version.
    pub version: &'static str,
    /// First day in force.
    pub from: Day,
    wage: &'static [(i64, i64)],
    pension: &'static [(i64, i64)],
    farmer: (i64, i64),
    relief: i64,
}

/// 中组发〔2008〕3号: base up to so many fen, so many thousandths of the whole base.
const TABLES: [TierTable; 1] = [TierTable {
    version: "2008",
    from: match Day::from_ymd_opt(2008, 4, 1) {
        Some(day) => day,
        None => Day::MIN,
    },
    wage: &[(300_000, 5), (500_000, 10), (1_000_000, 15), (i64::MAX, 20)],
    pension: &[(500_000, 5), (i64::MAX, 10)],
    farmer: (20, 100),
    relief: 20,
}];

/// The table in force on a day; the oldest one before that.
#[must_use]
pub fn table(on: Day) -> &'static TierTable {
    let [oldest, ..] = &TABLES;
    TABLES
        .iter()
        .rev()
        .find(|table| table.from <= on)
        .unwrap_or(oldest)
}

impl TierTable {
    /// What a month costs on a base, half-up to the fen. For farmers the base is the amount that the branch fixed,
    /// kept within 0.2 to 1 yuan.
    #[must_use]
    pub fn due(&self, class: Class, base: Fen) -> Fen {
        let rate = |tiers: &[(i64, i64)]| {
            let tier = tiers.iter().find(|(limit, _)| base.0 <= *limit);
            Fen((base.0 * tier.map_or(0, |(_, per_mille)| *per_mille) + 500) / 1000)
        };
        match class {
            Class::Wage => rate(self.wage),
            Class::Pension => rate(self.pension),
            Class::Farmer => Fen(base.0.clamp(self.farmer.0, self.farmer.1)),
            Class::Relief => Fen(self.relief),
        }
    }

    /// Whether an amount is the one of the table: for farmers any amount within the bounds.
    #[must_use]
    pub fn fits(&self, class: Class, base: Fen, due: Fen) -> bool {
        match class {
            Class::Farmer => (self.farmer.0..=self.farmer.1).contains(&due.0),
            _ => self.due(class, base) == due,
        }
    }
}

/// The amount is fixed for a year, so nobody pays further ahead.
const AHEAD_MONTHS: i32 = 12;

/// What a sheet says of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Class of income.
    pub class: Class,
    /// Base.
    pub base: Fen,
    /// Owed.
    pub due: Fen,
    /// Paid.
    pub paid: Fen,
    /// When.
    pub paid_on: Option<Day>,
    /// Under an approved exemption: not owed.
    pub relieved: bool,
}

impl Line {
    /// Refuses with `DUES_NOT_BY_TIER` an amount that the table does not give.
    pub fn check_due(&self, table: &TierTable) -> Result<(), MemberError> {
        if table.fits(self.class, self.base, self.due) {
            Ok(())
        } else {
            Err(MemberError::DuesNotByTier)
        }
    }

    /// Refuses with `PAID_WITHOUT_DAY` a payment without its day, with `DAY_WITHOUT_PAYMENT` a day without one, with
    /// `DAY_IN_FUTURE` a payment that is still to come, and with `PAID_TOO_EARLY` one more than a year before the month.
    pub fn check_payment(&self, month: Day, today: Day) -> Result<(), MemberError> {
        match self.paid_on {
            None if self.paid.0 > 0 => Err(MemberError::PaidWithoutDay),
            Some(_) if self.paid.0 == 0 && self.due.0 > 0 => Err(MemberError::DayWithoutPayment),
            Some(on) if on > today => Err(MemberError::DayInFuture),
            Some(on) if on < add_months(month, -AHEAD_MONTHS) => Err(MemberError::PaidTooEarly),
            _ => Ok(()),
        }
    }

    /// Whether the month was paid in full by the last day that is in time.
    #[must_use]
    pub fn in_time(&self, last: Day) -> bool {
        self.paid >= self.due && self.paid_on.is_some_and(|on| on <= last)
    }
}

/// The last day on which a month is paid in time: its own end, or that of its quarter where the branch agreed to
/// payment by the quarter.
///
/// Refuses with `NOT_A_MONTH` a day that is no first of a month, and with `DAY_IN_FUTURE` a month that has not begun.
pub fn last_day(month: Day, quarterly: bool, today: Day) -> Result<Day, MemberError> {
    if month.day() != 1 {
        return Err(MemberError::NotAMonth);
    }
    if month > today {
        return Err(MemberError::DayInFuture);
    }
    let left = if quarterly {
        2 - i32::try_from(month.month0() % 3).unwrap_or(0)
    } else {
        0
    };
    Ok(month_end(add_months(month, left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    #[test]
    fn the_tiers_are_cliffs_r_301_to_r_303() {
        let table = table(day("2025-01-01"));
        for (class, base, due) in [
            (Class::Wage, 300_000, 1_500),
            (Class::Wage, 300_001, 3_000),
            (Class::Wage, 500_000, 5_000),
            (Class::Wage, 500_001, 7_500),
            (Class::Wage, 1_000_000, 15_000),
            (Class::Wage, 1_000_001, 20_000),
            (Class::Pension, 500_000, 2_500),
            (Class::Pension, 500_001, 5_000),
            (Class::Farmer, 0, 20),
            (Class::Farmer, 50, 50),
            (Class::Farmer, 300_000, 100),
            (Class::Relief, 900_000, 20),
        ] {
            assert_eq!(table.due(class, Fen(base)), Fen(due), "{class:?} {base}");
        }
    }

    #[test]
    fn half_a_fen_goes_up() {
        let table = table(day("2025-01-01"));
        assert_eq!(table.due(Class::Wage, Fen(100)), Fen(1), "0.5 fen");
        assert_eq!(table.due(Class::Wage, Fen(99)), Fen(0), "0.495 fen");
        assert_eq!(table.due(Class::Wage, Fen(0)), Fen(0));
    }

    #[test]
    fn an_amount_off_the_table_is_refused() {
        let table = table(day("2025-01-01"));
        let line = Line {
            class: Class::Wage,
            base: Fen(300_001),
            due: Fen(3_000),
            paid: Fen(3_000),
            paid_on: Some(day("2025-01-20")),
            relieved: false,
        };
        assert_eq!(line.check_due(table), Ok(()));
        let wrong = Line {
            due: Fen(1_500),
            ..line
        };
        assert_eq!(wrong.check_due(table), Err(MemberError::DuesNotByTier));
        let farmer = |due| {
            Line {
                class: Class::Farmer,
                base: Fen(0),
                due: Fen(due),
                ..line
            }
            .check_due(table)
        };
        assert_eq!(
            [20, 100, 19, 101].map(|due| farmer(due).is_ok()),
            [true, true, false, false]
        );
    }

    #[test]
    fn a_payment_has_a_day_that_has_come_and_a_day_has_a_payment_r_305() {
        let (month, today) = (day("2025-01-01"), day("2025-06-01"));
        let paid = |paid, paid_on: Option<&str>| {
            let line = Line {
                class: Class::Relief,
                base: Fen(0),
                due: Fen(20),
                paid: Fen(paid),
                paid_on: paid_on.map(day),
                relieved: false,
            };
            line.check_payment(month, today)
        };
        assert_eq!(paid(0, None), Ok(()));
        assert_eq!(paid(20, None), Err(MemberError::PaidWithoutDay));
        assert_eq!(paid(0, Some("2025-01-20")), Err(MemberError::DayWithoutPayment));
        assert_eq!(paid(20, Some("2025-06-01")), Ok(()), "today");
        assert_eq!(paid(20, Some("2025-06-02")), Err(MemberError::DayInFuture));
        assert_eq!(paid(20, Some("2024-01-01")), Ok(()), "a year ahead");
        assert_eq!(paid(20, Some("2023-12-31")), Err(MemberError::PaidTooEarly));
    }

    #[test]
    fn a_month_is_in_time_until_its_end_or_its_quarters_r_305() {
        let last = |month, quarterly| last_day(month, quarterly, day("2025-12-01"));
        assert_eq!(last(day("2026-01-01"), false), Err(MemberError::DayInFuture));
        assert_eq!(last(day("2024-02-01"), false), Ok(day("2024-02-29")));
        assert_eq!(last(day("2025-10-01"), true), Ok(day("2025-12-31")));
        assert_eq!(last(day("2025-12-01"), true), Ok(day("2025-12-31")));
        assert_eq!(last(day("2025-02-02"), true), Err(MemberError::NotAMonth));
        let line = Line {
            class: Class::Relief,
            base: Fen(0),
            due: Fen(20),
            paid: Fen(20),
            paid_on: Some(day("2025-01-31")),
            relieved: false,
        };
        assert!(line.in_time(day("2025-01-31")) && !line.in_time(day("2025-01-30")));
        assert!(
            !Line {
                paid: Fen(19),
                ..line
            }
            .in_time(day("2025-01-31"))
        );
    }

    #[test]
    fn a_day_before_the_first_table_is_judged_by_it() {
        assert_eq!(table(day("1999-01-01")).version, "2008");
    }
}
