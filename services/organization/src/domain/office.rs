//! Posts that a branch must fill, and the vacancy of its secretary's.

use kernel::{
    Day, OrganizationKind,
    day::{add_days, add_months},
};

use super::branch::{Branch, Holding, Office};

/// Full members from which a committee must exist (R-119: 7 and more, 以上含本数).
pub const COMMITTEE_FROM: u32 = 7;
/// Posts of a committee member.
pub const COMMITTEE: [Office; 3] = [Office::Organisation, Office::Publicity, Office::Discipline];

/// The posts that a branch with so many full members must fill: the secretary, and from seven on organisation,
/// publicity and discipline. A missing committee is 0 of 4; a committee that is not owed is not judged (trap 4).
#[must_use]
pub fn required(full: u32) -> &'static [Office] {
    const ALL: [Office; 4] = [
        Office::Secretary,
        Office::Organisation,
        Office::Publicity,
        Office::Discipline,
    ];
    if full >= COMMITTEE_FROM { &ALL } else { &ALL[..1] }
}

/// Whether an organization of this kind has the post: a party group has a leader, everybody else has the rest.
#[must_use]
pub fn is_of(office: Office, kind: OrganizationKind) -> bool {
    (office == Office::GroupLeader) == (kind == OrganizationKind::PartyGroup)
}

/// Whether anybody holds a committee post on the day.
#[must_use]
pub fn has_committee(branch: &Branch, on: Day) -> bool {
    COMMITTEE
        .iter()
        .any(|office| branch.holders(*office, on).next().is_some())
}

/// The first day without secretary of a vacancy that is open on the day; `None` when the post is filled.
#[must_use]
pub fn vacant_since(branch: &Branch, on: Day) -> Option<Day> {
    if branch.holders(Office::Secretary, on).next().is_some() {
        return None;
    }
    let before = branch
        .holdings
        .iter()
        .filter(|h| h.organization == branch.id && h.office == Office::Secretary && h.span.from <= on);
    let last = before
        .filter_map(|h| h.span.until)
        .filter(|until| *until < on)
        .max();
    Some(last.map_or(branch.exists.from, |until| add_days(until, 1)))
}

/// The holding that ended the day before the vacancy; none when there never was a secretary.
#[must_use]
pub fn left_before(branch: &Branch, vacant_since: Day) -> Option<&Holding> {
    branch.holdings.iter().find(|h| {
        h.organization == branch.id
            && h.office == Office::Secretary
            && h.span.until.is_some_and(|last| add_days(last, 1) == vacant_since)
    })
}

/// Whether the post has been vacant on the day for so many months, months clamped: first day + months ≤ day.
#[must_use]
pub fn vacant_for(branch: &Branch, on: Day, months: i32) -> bool {
    vacant_since(branch, on).is_some_and(|since| add_months(since, months) <= on)
}

/// Months begun after the first three months of a vacancy that is open on the day; 0 when there is none.
#[must_use]
pub fn vacancy_months(branch: &Branch, on: Day) -> i64 {
    let Some(since) = vacant_since(branch, on) else {
        return 0;
    };
    let begun = (3..)
        .take_while(|months| add_months(since, *months) <= on)
        .count();
    i64::try_from(begun).unwrap_or(i64::MAX)
}

/// Days between the two, both included, on which somebody satisfies the question.
pub fn days(first: Day, last: Day, held: impl Fn(Day) -> bool) -> i64 {
    let span = (last - first).num_days();
    let kept = (0..=span).filter(|k| held(add_days(first, *k))).count();
    i64::try_from(kept).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::branch::tests::{branch, day, holding};

    #[test]
    fn a_small_branch_owes_a_secretary_only_and_seven_owe_four_posts() {
        assert_eq!(required(6).len(), 1, "R-120");
        assert_eq!(required(7).len(), 4, "R-119: 以上 includes the number itself");
    }

    #[test]
    fn a_group_has_a_leader_and_nobody_else_has_one() {
        use OrganizationKind::{Branch, PartyGroup};
        assert!(is_of(Office::GroupLeader, PartyGroup) && is_of(Office::Secretary, Branch));
        assert!(!is_of(Office::GroupLeader, Branch) && !is_of(Office::Secretary, PartyGroup));
    }

    #[test]
    fn a_vacancy_counts_from_the_day_after_the_last_secretary() {
        let mut one = branch();
        one.holdings = vec![holding(
            one.id,
            Office::Secretary,
            "2020-01-01",
            Some("2025-08-31"),
        )];
        assert_eq!(vacant_since(&one, day("2025-12-31")), Some(day("2025-09-01")));
        assert!(
            vacant_for(&one, day("2025-12-01"), 3),
            "three months are over on 1 December"
        );
        assert!(!vacant_for(&one, day("2025-11-30"), 3));
        assert_eq!(vacancy_months(&one, day("2025-11-30")), 0);
        assert_eq!(vacancy_months(&one, day("2025-12-31")), 1);
        assert_eq!(vacancy_months(&one, day("2026-01-01")), 2);
        assert_eq!(vacant_since(&one, day("2025-08-31")), None);
    }

    #[test]
    fn a_branch_that_never_had_a_secretary_is_vacant_since_its_founding() {
        let one = branch();
        assert_eq!(vacant_since(&one, day("2025-12-31")), Some(one.exists.from));
    }
}
