//! How many members a branch has, as steps: the counts hold from a day on until the next one. What others need to
//! judge size, committee and hollowness on any date (R-101, R-102, R-119, S-106, S-107).

use std::collections::BTreeMap;

use kernel::{Day, day::add_days};

use super::membership::{Dates, Standing, Stay};

/// Counts of a branch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Strength {
    /// Full members: set-up, committee and quorum count these alone (trap 1).
    pub full: u32,
    /// Probationary members: in the size all the same.
    pub probationary: u32,
    /// Exempt among both.
    pub exempt: u32,
}

/// The counts from each day on which they change.
pub type Steps = BTreeMap<Day, Strength>;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Delta {
    full: i64,
    probationary: i64,
    exempt: i64,
}

/// The steps of a branch, from the stays of its members.
#[must_use]
pub fn steps<'a>(members: impl IntoIterator<Item = (&'a Stay, &'a Dates)>) -> Steps {
    let mut deltas: BTreeMap<Day, Delta> = BTreeMap::new();
    for (stay, dates) in members {
        of_member(&mut deltas, stay, dates);
    }
    let mut now = Delta::default();
    let mut steps = Steps::new();
    for (day, delta) in deltas.into_iter().filter(|(_, delta)| *delta != Delta::default()) {
        now = Delta {
            full: now.full + delta.full,
            probationary: now.probationary + delta.probationary,
            exempt: now.exempt + delta.exempt,
        };
        steps.insert(
            day,
            Strength {
                full: count(now.full),
                probationary: count(now.probationary),
                exempt: count(now.exempt),
            },
        );
    }
    steps
}

fn of_member(deltas: &mut BTreeMap<Day, Delta>, stay: &Stay, dates: &Dates) {
    let end = stay.until.map(|last| add_days(last, 1));
    let turns = dates.full_on.map_or(Day::MAX, |full| full.max(stay.from));
    let turns = end.map_or(turns, |end| turns.min(end));
    if stay.from < turns {
        span(
            deltas,
            stay.from,
            Some(turns).filter(|day| *day < Day::MAX),
            |delta| &mut delta.probationary,
        );
    }
    if turns < end.unwrap_or(Day::MAX) {
        debug_assert_eq!(dates.standing(turns), Standing::Full);
        span(deltas, turns, end, |delta| &mut delta.full);
    }
    if let Some(from) = dates.exempt_from.map(|from| from.max(stay.from)) {
        let until = [end, dates.exempt_until.map(|last| add_days(last, 1))]
            .into_iter()
            .flatten()
            .min();
        if until.is_none_or(|until| from < until) {
            span(deltas, from, until, |delta| &mut delta.exempt);
        }
    }
}

fn span(
    deltas: &mut BTreeMap<Day, Delta>,
    from: Day,
    end: Option<Day>,
    part: impl Fn(&mut Delta) -> &mut i64,
) {
    *part(deltas.entry(from).or_default()) += 1;
    if let Some(end) = end {
        *part(deltas.entry(end).or_default()) -= 1;
    }
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// The steps to write so that the known ones become the new ones. A known day on which nothing changes any more is
/// kept with the counts that hold on it: a step is never taken back, so that whoever learned it learns its
/// correction in the same way.
#[must_use]
pub fn changed(known: &Steps, new: &Steps) -> Steps {
    let at = |day: &Day| {
        new.range(..=*day)
            .next_back()
            .map_or_else(Strength::default, |(_, counts)| *counts)
    };
    let days = known.keys().chain(new.keys());
    days.map(|day| (*day, at(day)))
        .filter(|(day, counts)| known.get(day) != Some(counts))
        .collect()
}

#[cfg(test)]
mod tests {
    use kernel::id::OrganizationId;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn member(
        from: &str,
        until: Option<&str>,
        full: Option<&str>,
        exempt: Option<(&str, Option<&str>)>,
    ) -> (Stay, Dates) {
        let stay = Stay {
            branch: OrganizationId::new(),
            from: day(from),
            until: until.map(day),
        };
        let dates = Dates {
            joined_on: day("2000-01-01"),
            full_on: full.map(day),
            exempt_from: exempt.map(|(from, _)| day(from)),
            exempt_until: exempt.and_then(|(_, until)| until).map(day),
            cadre_from: None,
            cadre_until: None,
        };
        (stay, dates)
    }

    fn plain(steps: &Steps) -> Vec<(String, u32, u32, u32)> {
        steps
            .iter()
            .map(|(day, s)| (day.to_string(), s.full, s.probationary, s.exempt))
            .collect()
    }

    #[test]
    fn a_step_stands_at_each_date_on_which_a_count_changes() {
        let members = [
            member(
                "2024-01-01",
                None,
                Some("2010-01-01"),
                Some(("2024-06-01", Some("2024-06-30"))),
            ),
            member("2024-03-15", Some("2025-01-31"), Some("2025-01-10"), None),
            member("2024-03-15", None, None, None),
        ];
        let steps = steps(members.iter().map(|(stay, dates)| (stay, dates)));
        let expected = [
            ("2024-01-01", 1, 0, 0),
            ("2024-03-15", 1, 2, 0),
            ("2024-06-01", 1, 2, 1),
            ("2024-07-01", 1, 2, 0),
            ("2025-01-10", 2, 1, 0),
            ("2025-02-01", 1, 1, 0),
        ];
        assert_eq!(
            plain(&steps),
            expected.map(|(day, f, p, e)| (day.to_owned(), f, p, e))
        );
    }

    #[test]
    fn one_who_comes_as_another_goes_changes_nothing() {
        let members = [
            member("2024-01-01", Some("2024-06-30"), Some("2010-01-01"), None),
            member("2024-07-01", None, Some("2010-01-01"), None),
        ];
        assert_eq!(
            plain(&steps(members.iter().map(|(s, d)| (s, d)))),
            [("2024-01-01".to_owned(), 1, 0, 0)]
        );
    }

    #[test]
    fn every_day_agrees_with_a_count_of_heads() {
        let members = [
            member(
                "2024-01-10",
                Some("2024-02-20"),
                Some("2024-02-10"),
                Some(("2024-01-01", None)),
            ),
            member("2024-02-01", Some("2024-02-01"), None, Some(("2024-02-02", None))),
            member(
                "2024-02-15",
                None,
                Some("2024-02-15"),
                Some(("2024-02-18", Some("2024-02-18"))),
            ),
            member(
                "2024-01-31",
                None,
                Some("2024-03-05"),
                Some(("2024-01-01", Some("2024-01-30"))),
            ),
        ];
        let steps = steps(members.iter().map(|(s, d)| (s, d)));
        let mut on = day("2024-01-01");
        while on < day("2024-04-01") {
            let here = members.iter().filter(|(stay, _)| stay.covers(on));
            let full = here
                .clone()
                .filter(|(_, d)| d.standing(on) == Standing::Full)
                .count();
            let exempt = here.clone().filter(|(_, d)| d.exempt(on)).count();
            let heads = (full, here.count() - full, exempt);
            let step = steps
                .range(..=on)
                .next_back()
                .map_or_else(Strength::default, |(_, s)| *s);
            assert_eq!(
                (
                    step.full as usize,
                    step.probationary as usize,
                    step.exempt as usize
                ),
                heads,
                "{on}"
            );
            on = add_days(on, 1);
        }
    }

    #[test]
    fn a_corrected_day_keeps_its_step_with_the_counts_of_that_day() {
        let one = |full| Strength {
            full,
            ..Strength::default()
        };
        let known = Steps::from([(day("2024-01-01"), one(1)), (day("2024-05-01"), one(2))]);
        let new = Steps::from([(day("2024-01-01"), one(1)), (day("2024-06-01"), one(2))]);
        let expected = Steps::from([(day("2024-05-01"), one(1)), (day("2024-06-01"), one(2))]);
        assert_eq!(changed(&known, &new), expected);
        assert!(changed(&new, &new).is_empty());
        let emptied = changed(&known, &Steps::new());
        assert!(emptied.values().all(|counts| *counts == Strength::default()) && emptied.len() == 2);
    }
}
