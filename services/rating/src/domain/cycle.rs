//! A cycle: its year, its freeze day, who takes part (S-301, S-303; domain.md trap 3).

use chrono::Datelike;
use kernel::{Day, Domain, Level, OrganizationKind, Period, day::add_months};

use crate::error::RatingError;

/// How far back a screening looks: what was so longer ago is nothing that anybody could still mend.
const SCREENED_MONTHS: i32 = 12;

/// How far a cycle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CycleState {
    /// Opened; facts are not frozen.
    Open,
    /// Facts are being collected.
    Freezing,
    /// All facts are frozen, all cases open.
    Frozen,
    /// Over.
    Closed,
}

impl CycleState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Freezing, Self::Frozen, Self::Closed];

    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Freezing => "freezing",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Why a branch is not rated in a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRated {
    /// 临时党支部
    TemporaryBranch,
    /// 流动党员党支部
    MobileBranch,
    /// 功能型党支部
    FunctionalBranch,
    /// Not one full quarter of the year.
    NoFullQuarter,
    /// No more on the freeze day: nobody is left who could submit.
    Dissolved,
}

impl NotRated {
    /// The reason code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TemporaryBranch => "TEMPORARY_BRANCH",
            Self::MobileBranch => "MOBILE_BRANCH",
            Self::FunctionalBranch => "FUNCTIONAL_BRANCH",
            Self::NoFullQuarter => "NO_FULL_QUARTER",
            Self::Dissolved => "DISSOLVED",
        }
    }
}

/// A branch as the tree knows it: what it was on the last day of the year.
#[derive(Debug, Clone, Copy)]
pub struct Branch {
    /// Its kind.
    pub kind: OrganizationKind,
    /// Its domain.
    pub domain: Option<Domain>,
    /// First day of its existence.
    pub founded_on: Day,
    /// Last day of its existence.
    pub dissolved_on: Option<Day>,
}

/// Whether an organization is a county's committee, whose branches a cycle rates (S-301).
#[must_use]
pub fn is_county(kind: OrganizationKind, level: Option<Level>) -> bool {
    kind == OrganizationKind::LocalCommittee && level == Some(Level::County)
}

/// Whether the cycle of a year may be opened today with this freeze day (S-301). The year is the last one, this one or
/// the next: what is older is not rated any more. Its facts are frozen once it is over, since what is owed for it can be
/// done until then, and before the next year is over, whose own cycle follows; and not on a day that is past.
///
/// # Errors
/// Of the fields: `YEAR_OUT_OF_REACH`, `FREEZE_OUTSIDE_WINDOW`.
pub fn timetable(year: i32, freeze_day: Day, today: Day) -> Result<(), RatingError> {
    let (last, next) = (today.year() - 1, today.year() + 1);
    if !(last..=next).contains(&year) {
        return Err(RatingError::YearOutOfReach { last, next });
    }
    let after = Period::year(year + 1).and_then(|after| Period::new(after.first().max(today), after.last()));
    match after {
        Some(window) if !window.contains(freeze_day) => Err(RatingError::FreezeOutsideWindow(window)),
        _ => Ok(()),
    }
}

/// The first day of which a screening can be: since the organization exists, and within the last year.
#[must_use]
pub fn screened_since(founded_on: Day, today: Day) -> Day {
    founded_on.max(add_months(today, -SCREENED_MONTHS))
}

/// Whether facts may be frozen today: on the freeze day or after it, by the business clock.
///
/// # Errors
/// `FREEZE_TOO_EARLY`.
pub fn may_freeze(freeze_day: Day, today: Day) -> Result<(), RatingError> {
    if today < freeze_day {
        Err(RatingError::FreezeTooEarly(freeze_day))
    } else {
        Ok(())
    }
}

/// How an organization takes part in the cycle: rated in a domain, not rated for a reason, or not at all, since
/// it is no branch or did not exist in the year.
#[must_use]
pub fn participation(branch: &Branch, year: Period, freeze_day: Day) -> Option<Result<Domain, NotRated>> {
    use OrganizationKind as K;
    if !branch.kind.is_branch() {
        return None;
    }
    let existed = year.clip(branch.founded_on, branch.dissolved_on)?;
    let rated = match branch.kind {
        K::TemporaryBranch => Err(NotRated::TemporaryBranch),
        K::MobileBranch => Err(NotRated::MobileBranch),
        K::FunctionalBranch => Err(NotRated::FunctionalBranch),
        _ if branch.dissolved_on.is_some_and(|last| last < freeze_day) => Err(NotRated::Dissolved),
        _ if existed.full_quarters().next().is_none() => Err(NotRated::NoFullQuarter),
        // Organization lets no branch exist without a domain (S-120).
        _ => branch.domain.ok_or(NotRated::FunctionalBranch),
    };
    Some(rated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn of(
        kind: OrganizationKind,
        founded: &str,
        dissolved: Option<&str>,
    ) -> Option<Result<Domain, NotRated>> {
        let branch = Branch {
            kind,
            domain: Some(Domain::Rural),
            founded_on: day(founded),
            dissolved_on: dissolved.map(day),
        };
        participation(&branch, Period::year(2025).unwrap(), day("2026-01-15"))
    }

    #[test]
    fn temporary_mobile_and_functional_branches_are_not_rated_with_their_reason() {
        use OrganizationKind as K;
        let old = |kind| of(kind, "2010-01-01", None);
        assert_eq!(old(K::Branch), Some(Ok(Domain::Rural)), "S-301");
        assert_eq!(old(K::JointBranch), Some(Ok(Domain::Rural)));
        assert_eq!(
            old(K::TemporaryBranch),
            Some(Err(NotRated::TemporaryBranch)),
            "R-108"
        );
        assert_eq!(old(K::MobileBranch), Some(Err(NotRated::MobileBranch)));
        assert_eq!(old(K::FunctionalBranch), Some(Err(NotRated::FunctionalBranch)));
        assert_eq!(old(K::Committee), None, "no branch at all");
        assert_eq!(old(K::LeadingGroup), None);
    }

    #[test]
    fn a_branch_needs_one_full_quarter_of_the_year() {
        let rural = Some(Ok(Domain::Rural));
        assert_eq!(of(OrganizationKind::Branch, "2025-10-01", None), rural);
        assert_eq!(
            of(OrganizationKind::Branch, "2025-10-02", None),
            Some(Err(NotRated::NoFullQuarter))
        );
        assert_eq!(
            of(OrganizationKind::Branch, "2026-01-02", None),
            None,
            "not in the year"
        );
        assert_eq!(
            of(OrganizationKind::Branch, "2000-01-01", Some("2024-12-31")),
            None
        );
    }

    #[test]
    fn a_branch_that_is_no_more_on_the_freeze_day_is_not_rated() {
        let kind = OrganizationKind::Branch;
        assert_eq!(
            of(kind, "2000-01-01", Some("2026-01-14")),
            Some(Err(NotRated::Dissolved))
        );
        assert_eq!(
            of(kind, "2000-01-01", Some("2026-01-15")),
            Some(Ok(Domain::Rural))
        );
    }

    #[test]
    fn a_county_is_a_local_committee_of_that_level_and_nothing_else() {
        use OrganizationKind::{Branch, Committee, LocalCommittee};
        assert!(is_county(LocalCommittee, Some(Level::County)));
        for other in [Level::City, Level::Province] {
            assert!(!is_county(LocalCommittee, Some(other)), "S-301");
        }
        for (kind, level) in [(LocalCommittee, None), (Committee, None), (Branch, None)] {
            assert!(!is_county(kind, level), "S-301");
        }
    }

    #[test]
    fn facts_are_frozen_within_the_year_after_and_not_on_a_day_that_is_past() {
        let window = |first: &str| {
            RatingError::FreezeOutsideWindow(Period::new(day(first), day("2026-12-31")).unwrap())
        };
        let opened = |freeze: &str, today: &str| timetable(2025, day(freeze), day(today));
        for (freeze, today, first) in [
            ("2025-12-31", "2025-06-01", "2026-01-01"),
            ("2027-01-01", "2025-06-01", "2026-01-01"),
            ("2026-02-28", "2026-03-01", "2026-03-01"),
        ] {
            assert_eq!(opened(freeze, today), Err(window(first)), "{freeze}");
        }
        for (freeze, today) in [
            ("2026-01-01", "2025-06-01"),
            ("2026-12-31", "2025-06-01"),
            ("2026-03-01", "2026-03-01"),
        ] {
            assert_eq!(opened(freeze, today), Ok(()), "{freeze}");
        }
    }

    #[test]
    fn a_cycle_is_of_the_last_year_of_this_one_or_of_the_next() {
        let opened = |year, freeze: &str| timetable(year, day(freeze), day("2026-03-01"));
        let beyond = Err(RatingError::YearOutOfReach {
            last: 2025,
            next: 2027,
        });
        assert_eq!(opened(2024, "2026-03-01"), beyond);
        assert_eq!(opened(2028, "2029-01-15"), beyond);
        assert_eq!(opened(2025, "2026-03-01"), Ok(()));
        assert_eq!(opened(2027, "2028-01-15"), Ok(()));
    }

    #[test]
    fn facts_are_not_frozen_before_their_day() {
        let freeze = day("2026-01-15");
        assert_eq!(
            may_freeze(freeze, day("2026-01-14")),
            Err(RatingError::FreezeTooEarly(freeze))
        );
        assert_eq!(may_freeze(freeze, freeze), Ok(()));
    }

    #[test]
    fn nothing_is_screened_before_the_organization_or_more_than_a_year_ago() {
        let since = |founded: &str| screened_since(day(founded), day("2026-03-01"));
        assert_eq!(since("2025-05-01"), day("2025-05-01"));
        assert_eq!(since("1949-10-01"), day("2025-03-01"));
    }

    #[test]
    fn every_state_is_read_from_its_word() {
        assert!(
            CycleState::ALL
                .into_iter()
                .all(|state| CycleState::from_code(state.code()) == Some(state))
        );
    }
}
