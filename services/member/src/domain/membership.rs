//! Who is a member of which branch, on which day, in which standing.

use kernel::{Day, day::add_months, id::OrganizationId};

use crate::error::MemberError;

/// Eighteen years: nobody applies earlier, so nobody is admitted earlier.
const OF_AGE_MONTHS: i32 = 12 * 18;

/// A span in which a branch was a member's primary branch, both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// The branch.
    pub branch: OrganizationId,
    /// First day.
    pub from: Day,
    /// Last day; `None` while he is there.
    pub until: Option<Day>,
}

impl Stay {
    /// Whether the day lies in it.
    #[must_use]
    pub fn covers(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|last| day <= last)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.from <= other.until.unwrap_or(Day::MAX) && other.from <= self.until.unwrap_or(Day::MAX)
    }
}

/// Probationary or full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// 预备党员: counts in the size, pays dues, attends, does not vote (trap 24).
    Probationary,
    /// 正式党员
    Full,
}

/// The days that decide what a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// Day of the assembly that admitted.
    pub joined_on: Day,
    /// Day on which full membership began.
    pub full_on: Option<Day>,
    /// First day of an exemption from attendance.
    pub exempt_from: Option<Day>,
    /// Its last day; `None` for no end.
    pub exempt_until: Option<Day>,
    /// First day as leading cadre (S-322).
    pub cadre_from: Option<Day>,
    /// The last one; `None` for no end.
    pub cadre_until: Option<Day>,
}

impl Dates {
    /// Probationary or full on a day.
    #[must_use]
    pub fn standing(&self, on: Day) -> Standing {
        if self.full_on.is_some_and(|full| full <= on) {
            Standing::Full
        } else {
            Standing::Probationary
        }
    }

    /// Whether exempt by age or illness on a day.
    #[must_use]
    pub fn exempt(&self, on: Day) -> bool {
        within(self.exempt_from, self.exempt_until, on)
    }

    /// Whether a leading cadre on a day.
    #[must_use]
    pub fn cadre(&self, on: Day) -> bool {
        within(self.cadre_from, self.cadre_until, on)
    }

    /// The part of a stay in which he is a leading cadre; `None` when there is none.
    #[must_use]
    pub fn cadre_in(&self, stay: &Stay) -> Option<(Day, Option<Day>)> {
        let from = self.cadre_from?.max(stay.from);
        let until = match (self.cadre_until, stay.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        until.is_none_or(|until| from <= until).then_some((from, until))
    }

    /// Refuses with `JOINED_UNDER_AGE` an admission before the age of 18, with `FULL_BEFORE_JOINED` full membership
    /// that begins before the admission, and with `END_BEFORE_START` spans that end before they begin.
    pub fn check(&self, born: Day) -> Result<(), MemberError> {
        if self.joined_on < add_months(born, OF_AGE_MONTHS) {
            return Err(MemberError::JoinedUnderAge);
        }
        if self.full_on.is_some_and(|full| full < self.joined_on) {
            return Err(MemberError::FullBeforeJoined);
        }
        let spans = [
            (self.exempt_from, self.exempt_until),
            (self.cadre_from, self.cadre_until),
        ];
        if spans
            .into_iter()
            .any(|(from, until)| until.zip(from).is_some_and(|(until, from)| until < from))
        {
            return Err(MemberError::EndBeforeStart);
        }
        Ok(())
    }
}

fn within(from: Option<Day>, until: Option<Day>, on: Day) -> bool {
    from.is_some_and(|from| from <= on) && until.is_none_or(|last| on <= last)
}

/// What a stay does to the stays that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is known just so.
    Known,
    /// The stay at this place now ends on another day.
    Ends(usize),
    /// It is new.
    New,
}

/// Fits a stay to those of a person: exactly one primary branch at any instant.
///
/// Refuses with `END_BEFORE_START`, with `BRANCH_BEFORE_JOINED` when a stay begins before the admission, and with `SECOND_PRIMARY_BRANCH` when another branch is
/// primary on one of its days.
pub fn fit(stays: &[Stay], new: &Stay, joined_on: Day) -> Result<Change, MemberError> {
    if new.until.is_some_and(|until| until < new.from) {
        return Err(MemberError::EndBeforeStart);
    }
    if stays.iter().chain([new]).any(|stay| stay.from < joined_on) {
        return Err(MemberError::BranchBeforeJoined);
    }
    let same = stays
        .iter()
        .position(|stay| stay.branch == new.branch && stay.from == new.from);
    let others = stays.iter().enumerate().filter(|(at, _)| Some(*at) != same);
    if others.into_iter().any(|(_, stay)| stay.overlaps(new)) {
        return Err(MemberError::SecondPrimaryBranch);
    }
    Ok(match same {
        None => Change::New,
        Some(at) if stays.get(at) == Some(new) => Change::Known,
        Some(at) => Change::Ends(at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn stay(branch: OrganizationId, from: &str, until: Option<&str>) -> Stay {
        Stay {
            branch,
            from: day(from),
            until: until.map(day),
        }
    }

    #[test]
    fn a_second_primary_branch_is_refused_on_every_shared_day() {
        let (home, other) = (OrganizationId::new(), OrganizationId::new());
        let joined = day("2019-01-01");
        let known = [
            stay(home, "2020-01-01", Some("2022-12-31")),
            stay(home, "2024-01-01", None),
        ];
        for (from, until) in [
            ("2022-12-31", Some("2023-06-30")),
            ("2019-06-01", Some("2020-01-01")),
            ("2023-01-01", None),
            ("2024-01-01", Some("2024-01-01")),
            ("2019-06-01", None),
        ] {
            let wrong = fit(&known, &stay(other, from, until), joined);
            assert_eq!(wrong, Err(MemberError::SecondPrimaryBranch), "{from}");
        }
        assert_eq!(
            fit(&known, &stay(other, "2023-01-01", Some("2023-12-31")), joined),
            Ok(Change::New)
        );
        assert_eq!(
            fit(&known, &stay(other, "2019-06-01", Some("2019-12-31")), joined),
            Ok(Change::New)
        );
    }

    #[test]
    fn the_same_stay_is_known_or_ends_otherwise() {
        let home = OrganizationId::new();
        let known = [stay(home, "2020-01-01", None)];
        let joined = day("2019-01-01");
        assert_eq!(fit(&known, &known[0], joined), Ok(Change::Known));
        let ended = stay(home, "2020-01-01", Some("2025-03-01"));
        assert_eq!(fit(&known, &ended, joined), Ok(Change::Ends(0)));
        let early = stay(home, "2018-12-31", None);
        assert_eq!(fit(&[], &early, joined), Err(MemberError::BranchBeforeJoined));
        let backwards = stay(home, "2020-01-02", Some("2020-01-01"));
        assert_eq!(fit(&[], &backwards, joined), Err(MemberError::EndBeforeStart));
    }

    fn dates() -> Dates {
        Dates {
            joined_on: day("2023-05-10"),
            full_on: Some(day("2024-05-10")),
            exempt_from: Some(day("2024-08-01")),
            exempt_until: Some(day("2024-08-31")),
            cadre_from: Some(day("2024-01-01")),
            cadre_until: None,
        }
    }

    #[test]
    fn standing_and_exemption_follow_the_day_r_203_r_213() {
        let dates = dates();
        assert_eq!(dates.standing(day("2024-05-09")), Standing::Probationary);
        assert_eq!(dates.standing(day("2024-05-10")), Standing::Full);
        let exempt = ["2024-07-31", "2024-08-01", "2024-08-31", "2024-09-01"].map(|on| dates.exempt(day(on)));
        assert_eq!(exempt, [false, true, true, false]);
        assert!(
            !Dates {
                exempt_from: None,
                exempt_until: None,
                ..dates
            }
            .exempt(day("2024-08-01"))
        );
    }

    #[test]
    fn full_membership_does_not_begin_before_the_admission() {
        let wrong = Dates {
            full_on: Some(day("2023-05-09")),
            ..dates()
        };
        let born = day("1990-01-01");
        assert_eq!(wrong.check(born), Err(MemberError::FullBeforeJoined));
        let backwards = Dates {
            exempt_until: Some(day("2024-07-31")),
            ..dates()
        };
        assert_eq!(backwards.check(born), Err(MemberError::EndBeforeStart));
        assert_eq!(dates().check(born), Ok(()));
    }

    #[test]
    fn nobody_joins_before_his_eighteenth_birthday_r_130() {
        assert_eq!(dates().check(day("2005-05-10")), Ok(()), "on the birthday itself");
        for born in ["2005-05-11", "2023-05-11"] {
            assert_eq!(
                dates().check(day(born)),
                Err(MemberError::JoinedUnderAge),
                "{born}"
            );
        }
    }

    #[test]
    fn a_cadre_is_one_in_the_branch_of_his_relation_only_s_322() {
        let home = OrganizationId::new();
        assert_eq!(
            dates().cadre_in(&stay(home, "2023-06-01", None)),
            Some((day("2024-01-01"), None))
        );
        let left = stay(home, "2023-06-01", Some("2024-03-01"));
        assert_eq!(
            dates().cadre_in(&left),
            Some((day("2024-01-01"), Some(day("2024-03-01"))))
        );
        assert_eq!(
            dates().cadre_in(&stay(home, "2023-06-01", Some("2023-12-31"))),
            None
        );
    }
}
