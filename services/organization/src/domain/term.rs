//! Terms (R-121: five years in villages and communities, three elsewhere) and overdue elections.

use kernel::{
    Day,
    day::{add_days, add_months},
};

use super::branch::{Branch, Term};

/// The term that runs or ran last on the day.
#[must_use]
pub fn latest(branch: &Branch, on: Day) -> Option<&Term> {
    branch
        .terms
        .iter()
        .filter(|term| term.from <= on)
        .max_by_key(|term| term.from)
}

/// The last day of a term, an approved extension of at most one year included.
#[must_use]
pub fn last_day(term: &Term) -> Day {
    let longest = add_months(term.until, 12);
    term.extended_until
        .map_or(term.until, |extended| extended.clamp(term.until, longest))
}

/// Whether the term has ended on the day without a successor.
#[must_use]
pub fn overdue(branch: &Branch, on: Day) -> bool {
    latest(branch, on).is_some_and(|term| last_day(term) < on)
}

/// Months begun since the term ended without successor, on the day: the first begins the day after its end, the next
/// ones on that day of the month. 0 when it has not ended.
#[must_use]
pub fn overdue_months(branch: &Branch, on: Day) -> i64 {
    let Some(end) = latest(branch, on).map(last_day) else {
        return 0;
    };
    let late = add_days(end, 1);
    let begun = (0..).take_while(|months| add_months(late, *months) <= on).count();
    i64::try_from(begun).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::branch::tests::{branch, day};

    fn term(from: &str, until: &str, extended: Option<&str>) -> Term {
        Term {
            id: "t".into(),
            from: day(from),
            until: day(until),
            extended_until: extended.map(day),
            election: String::new(),
            approval: String::new(),
        }
    }

    #[test]
    fn months_of_delay_count_from_the_end_of_an_approved_extension() {
        let mut one = branch();
        one.terms = vec![term("2020-06-01", "2025-05-31", Some("2025-11-30"))];
        assert!(!overdue(&one, day("2025-11-30")) && overdue(&one, day("2025-12-01")));
        assert_eq!(overdue_months(&one, day("2025-11-30")), 0);
        assert_eq!(overdue_months(&one, day("2025-12-01")), 1);
        assert_eq!(
            overdue_months(&one, day("2025-12-31")),
            1,
            "December is the first month, whole"
        );
        assert_eq!(overdue_months(&one, day("2026-01-01")), 2);
        one.terms = vec![term("2022-03-01", "2025-02-28", None)];
        assert_eq!(overdue_months(&one, day("2025-03-31")), 1);
        assert_eq!(overdue_months(&one, day("2025-04-01")), 2);
    }

    #[test]
    fn an_extension_beyond_a_year_ends_after_a_year() {
        assert_eq!(
            last_day(&term("2020-06-01", "2025-05-31", Some("2027-05-31"))),
            day("2026-05-31"),
            "R-122"
        );
    }

    #[test]
    fn a_successor_ends_the_delay() {
        let mut one = branch();
        one.terms = vec![
            term("2018-01-01", "2020-12-31", None),
            term("2021-03-01", "2026-02-28", None),
        ];
        assert!(overdue(&one, day("2021-02-01")) && !overdue(&one, day("2021-03-01")));
    }
}
