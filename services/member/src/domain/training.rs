//! Class hours: each session once, judged over the year of the person.

use kernel::{Day, Period, day::add_months};

/// 32 class hours a year, in quarter class hours.
pub const MEMBER_HOURS: u32 = 128;
/// 56 class hours a year, in quarter class hours.
pub const OFFICER_HOURS: u32 = 224;
/// A new secretary is trained within half a year.
const NEW_SECRETARY_MONTHS: i32 = 6;

/// A session in a person's ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its day.
    pub on: Day,
    /// Quarter class hours.
    pub quarter_hours: u32,
    /// Central training at county level or above.
    pub central: bool,
}

/// A holding of a branch post by one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Whether the post of secretary.
    pub secretary: bool,
    /// First day.
    pub from: Day,
    /// Last day; `None` while held.
    pub until: Option<Day>,
}

impl Holding {
    fn covers(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|last| day <= last)
    }
}

fn hours(sessions: &[Session], year: Period) -> u32 {
    sessions
        .iter()
        .filter(|session| year.contains(session.on))
        .map(|session| session.quarter_hours)
        .sum()
}

/// Whether a member has had his 32 class hours in the year.
#[must_use]
pub fn reached(sessions: &[Session], year: Period) -> bool {
    hours(sessions, year) >= MEMBER_HOURS
}

/// What an officer owed in the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// The place, among his holdings, of the one that he has on the last day.
    pub holding: usize,
    /// Whether he met it.
    pub met: bool,
}

/// The requirement that fell due in the year for an officer: 56 class hours and one central training for who held a post
/// all year, the first central training within six months for a new secretary. `None` when nothing fell due for him, or
/// he holds no post on `last`. Holdings that follow each other without a day between are one.
#[must_use]
pub fn officer(holdings: &[Holding], sessions: &[Session], year: Period, last: Day) -> Option<Requirement> {
    let held = |secretary: bool| {
        holdings
            .iter()
            .position(|holding| holding.covers(last) && (holding.secretary || !secretary))
    };
    let at = held(true).or_else(|| held(false))?;
    let holding = holdings.get(at)?;
    let of = |met| Some(Requirement { holding: at, met });
    if held_all_year(holdings, year) {
        let central = sessions
            .iter()
            .any(|session| session.central && year.contains(session.on));
        return of(central && hours(sessions, year) >= OFFICER_HOURS);
    }
    let from = since(holdings, holding);
    let due = add_months(from, NEW_SECRETARY_MONTHS);
    if !holding.secretary || !year.contains(due) {
        return None;
    }
    of(sessions
        .iter()
        .any(|session| session.central && from <= session.on && session.on <= due))
}

/// Since when he has been what he is by a holding: the first day of those that follow each other up to it.
fn since(holdings: &[Holding], last: &Holding) -> Day {
    let mut before: Vec<&Holding> = holdings
        .iter()
        .filter(|holding| holding.secretary == last.secretary && holding.from < last.from)
        .collect();
    before.sort_by_key(|holding| std::cmp::Reverse(holding.from));
    before.iter().fold(last.from, |from, holding| {
        let goes_on = holding
            .until
            .is_none_or(|until| from <= kernel::day::add_days(until, 1));
        if goes_on { holding.from } else { from }
    })
}

/// Whether his holdings leave no day of the year without a post.
fn held_all_year(holdings: &[Holding], year: Period) -> bool {
    let mut sorted: Vec<&Holding> = holdings.iter().collect();
    sorted.sort_by_key(|holding| holding.from);
    let mut next = year.first();
    for holding in sorted.into_iter().filter(|holding| holding.from <= year.last()) {
        if holding.from > next {
            return false;
        }
        match holding.until {
            None => return true,
            Some(last) => next = next.max(kernel::day::add_days(last, 1)),
        }
    }
    next > year.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn year() -> Period {
        Period::year(2025).expect("year")
    }

    fn session(on: &str, quarter_hours: u32, central: bool) -> Session {
        Session {
            on: day(on),
            quarter_hours,
            central,
        }
    }

    fn officer_met(holdings: &[Holding], sessions: &[Session], year: Period, last: Day) -> Option<bool> {
        officer(holdings, sessions, year, last).map(|requirement| requirement.met)
    }

    fn holding(secretary: bool, from: &str, until: Option<&str>) -> Holding {
        Holding {
            secretary,
            from: day(from),
            until: until.map(day),
        }
    }

    #[test]
    fn thirty_two_class_hours_of_the_year_are_enough_r_201() {
        let sessions = [
            session("2025-02-27", 64, false),
            session("2025-12-31", 63, true),
            session("2024-12-31", 50, false),
        ];
        assert!(
            !reached(&sessions, year()),
            "127 quarters, the last year does not count"
        );
        assert!(reached(&[sessions[0], sessions[0]], year()));
    }

    #[test]
    fn an_officer_of_the_whole_year_needs_hours_and_one_central_training_r_202() {
        let all_year = [holding(false, "2023-01-01", None)];
        let last = day("2025-12-31");
        let many = session("2025-05-01", 224, false);
        assert_eq!(officer_met(&all_year, &[many], year(), last), Some(false));
        assert_eq!(
            officer_met(&all_year, &[many, session("2025-06-01", 1, true)], year(), last),
            Some(true)
        );
        assert_eq!(
            officer_met(&all_year, &[session("2025-06-01", 223, true)], year(), last),
            Some(false)
        );
    }

    #[test]
    fn posts_that_follow_each_other_make_a_whole_year() {
        let last = day("2025-12-31");
        let central = [session("2025-05-01", 224, true)];
        let joined = [
            holding(false, "2023-01-01", Some("2025-06-30")),
            holding(true, "2025-07-01", None),
        ];
        assert_eq!(officer_met(&joined, &central, year(), last), Some(true));
        let gap = [
            holding(false, "2023-01-01", Some("2025-06-29")),
            holding(true, "2025-07-01", None),
        ];
        assert_eq!(
            officer_met(&gap, &central, year(), last),
            None,
            "six months end next year"
        );
    }

    #[test]
    fn a_new_secretary_is_trained_within_half_a_year_r_126() {
        let new = [holding(true, "2025-03-31", None)];
        let last = day("2025-12-31");
        assert_eq!(
            officer_met(&new, &[session("2025-09-30", 96, true)], year(), last),
            Some(true)
        );
        assert_eq!(
            officer_met(&new, &[session("2025-10-01", 96, true)], year(), last),
            Some(false)
        );
        assert_eq!(
            officer_met(&new, &[session("2025-05-01", 96, false)], year(), last),
            Some(false)
        );
        assert_eq!(
            officer_met(&new, &[session("2025-03-30", 96, true)], year(), last),
            Some(false)
        );
    }

    #[test]
    fn who_holds_no_post_or_owes_nothing_yet_is_not_counted() {
        let last = day("2025-12-31");
        assert_eq!(
            officer_met(
                &[holding(true, "2020-01-01", Some("2025-12-30"))],
                &[],
                year(),
                last
            ),
            None
        );
        assert_eq!(
            officer_met(&[holding(false, "2025-02-01", None)], &[], year(), last),
            None
        );
        assert_eq!(
            officer_met(&[holding(true, "2025-08-01", None)], &[], year(), last),
            None
        );
    }

    #[test]
    fn a_secretary_elected_anew_is_new_since_the_first_of_his_terms() {
        let last = day("2025-12-31");
        let twice = [
            holding(true, "2025-02-01", Some("2025-08-31")),
            holding(true, "2025-09-01", None),
        ];
        // Six months since 1 February end on 1 August; since 1 September they would end next year.
        assert_eq!(officer_met(&twice, &[], year(), last), Some(false));
        let trained = [session("2025-08-01", 96, true)];
        assert_eq!(
            officer(&twice, &trained, year(), last),
            Some(Requirement {
                holding: 1,
                met: true
            })
        );
        let again = [holding(true, "2025-02-01", Some("2025-08-30")), twice[1]];
        assert_eq!(
            officer_met(&again, &trained, year(), last),
            None,
            "a day without post"
        );
    }
}
