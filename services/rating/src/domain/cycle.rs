//! A cycle: its year, its freeze day, who takes part (S-301, S-303; domain.md trap 3).

use kernel::{Day, Domain, OrganizationKind, Period};

use crate::error::RatingError;

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

/// The year that is rated; facts are frozen after its last day.
///
/// # Errors
/// `FREEZE_BEFORE_YEAR_END`.
pub fn year(year: i32, freeze_day: Day) -> Result<Period, RatingError> {
    let end = || RatingError::FreezeBeforeYearEnd(Day::from_ymd_opt(year, 12, 31).unwrap_or(freeze_day));
    Period::year(year)
        .filter(|period| period.last() < freeze_day)
        .ok_or_else(end)
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
    fn facts_are_frozen_after_the_year_and_not_before_their_day() {
        assert_eq!(
            year(2025, day("2025-12-31")),
            Err(RatingError::FreezeBeforeYearEnd(day("2025-12-31")))
        );
        assert!(year(2025, day("2026-01-01")).is_ok());
        let freeze = day("2026-01-15");
        assert_eq!(
            may_freeze(freeze, day("2026-01-14")),
            Err(RatingError::FreezeTooEarly(freeze))
        );
        assert_eq!(may_freeze(freeze, freeze), Ok(()));
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
