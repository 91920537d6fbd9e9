//! The set-up rules of a branch (R-101 to, S-107).

use kernel::{Day, OrganizationKind};

use super::{
    branch::{Branch, Unit},
    office::{COMMITTEE_FROM, has_committee},
};

/// A branch should have at least so many full members (R-101, 以上含本数).
pub const LEAST_FULL: u32 = 3;
/// A branch has normally at most so many members, probationary ones included.
pub const MOST_MEMBERS: u32 = 50;
/// A joint branch covers normally at most so many units.
pub const MOST_UNITS: usize = 5;

/// A set-up rule and whether it holds for a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The norm.
    pub norm: &'static str,
    /// Whether it holds.
    pub holds: bool,
}

/// The set-up rules that apply to a branch on a day, each with whether it holds.
#[must_use]
pub fn rules(branch: &Branch, on: Day) -> Vec<Judged> {
    let (full, probationary) = branch.strength_on(on);
    let mut rules = vec![
        Judged {
            norm: "R-101",
            holds: full >= LEAST_FULL,
        },
        Judged {
            norm: "R-102",
            holds: full + probationary <= MOST_MEMBERS,
        },
        Judged {
            norm: "R-119",
            holds: has_committee(branch, on) == (full >= COMMITTEE_FROM),
        },
    ];
    if branch.kind == OrganizationKind::JointBranch {
        let covered = branch.units.iter().filter(|unit| unit.span.holds(on)).count();
        rules.push(Judged {
            norm: "R-104",
            holds: covered <= MOST_UNITS,
        });
    }
    if let Some(unit) = main_unit(branch, on) {
        rules.push(Judged {
            norm: "S-107",
            holds: !deregistered(unit, on),
        });
    }
    rules
}

/// The main unit on a day: the first of those that are covered; while none is, the one that was covered last.
#[must_use]
pub fn main_unit(branch: &Branch, on: Day) -> Option<&Unit> {
    let covered = branch.units.iter().find(|unit| unit.span.holds(on));
    let before = || {
        branch
            .units
            .iter()
            .filter(|unit| unit.span.until.is_some_and(|last| last < on))
    };
    covered.or_else(|| before().max_by_key(|unit| unit.span.until))
}

/// Whether the unit's registration has ended on or before the day.
#[must_use]
pub fn deregistered(unit: &Unit, on: Day) -> bool {
    unit.deregistered_on.is_some_and(|ended| ended <= on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::branch::{Office, Strength, tests::*};

    fn broken(branch: &Branch) -> Vec<&'static str> {
        rules(branch, day("2025-12-31"))
            .into_iter()
            .filter(|rule| !rule.holds)
            .map(|rule| rule.norm)
            .collect()
    }

    #[test]
    fn size_counts_probationary_members_and_the_least_counts_full_ones_only() {
        let mut one = branch();
        one.holdings = vec![holding(one.id, Office::Organisation, "2020-01-01", None)];
        one.strength = vec![Strength {
            from: day("2010-01-01"),
            full: 49,
            probationary: 1,
        }];
        assert_eq!(broken(&one), Vec::<&str>::new());
        one.strength[0].probationary = 2;
        assert_eq!(broken(&one), ["R-102"], "51 with the probationary (trap 1)");
        one.holdings.clear();
        one.strength[0] = Strength {
            from: day("2010-01-01"),
            full: 2,
            probationary: 9,
        };
        assert_eq!(broken(&one), ["R-101"]);
    }

    #[test]
    fn a_committee_is_owed_from_seven_on_and_not_below() {
        let mut one = branch();
        one.strength[0].full = 7;
        assert_eq!(broken(&one), ["R-119"]);
        one.holdings = vec![holding(one.id, Office::Publicity, "2020-01-01", None)];
        assert_eq!(broken(&one), Vec::<&str>::new());
        one.strength[0].full = 6;
        assert_eq!(broken(&one), ["R-119"], "R-120: none below seven");
    }

    #[test]
    fn only_a_joint_branch_is_asked_for_its_units_and_a_lost_host_breaks_the_rule() {
        let unit = |gone: Option<&str>| Unit {
            id: "u".into(),
            span: span("2010-01-01", None),
            deregistered_on: gone.map(day),
        };
        let mut one = branch();
        one.strength[0].full = 5;
        one.units = vec![unit(None); 6];
        assert_eq!(broken(&one), Vec::<&str>::new());
        one.kind = OrganizationKind::JointBranch;
        assert_eq!(broken(&one), ["R-104"]);
        one.units = vec![unit(Some("2025-12-31"))];
        assert_eq!(broken(&one), ["S-107"]);
    }

    #[test]
    fn a_new_host_takes_the_place_of_one_that_is_gone_and_a_gone_one_without_successor_is_named() {
        let mut one = branch();
        one.strength[0].full = 5;
        let unit = |from, until, gone: Option<&str>| Unit {
            id: "u".into(),
            span: span(from, until),
            deregistered_on: gone.map(day),
        };
        let left = unit("2010-01-01", Some("2024-12-31"), Some("2024-12-31"));
        one.units = vec![left.clone(), unit("2025-01-01", None, None)];
        assert_eq!(broken(&one), Vec::<&str>::new());
        one.units = vec![left, unit("2026-01-01", None, None)];
        assert_eq!(broken(&one), ["S-107"], "the new one is not there yet");
    }
}
