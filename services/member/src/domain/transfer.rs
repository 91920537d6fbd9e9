//! Moving a member to another branch of the county.

use kernel::{
    Day, OrganizationKind,
    day::{add_days, add_months},
    id::OrganizationId,
};

use super::membership::{Dates, Stay};
use crate::error::MemberError;

/// So long a letter of introduction is valid: nobody is moved further ahead.
const LETTER_MONTHS: i32 = 3;

/// Where a member is to go.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    /// The branch.
    pub to: OrganizationId,
    /// What kind of organization it is.
    pub kind: OrganizationKind,
    /// First day there.
    pub on: Day,
}

/// The stay that ends and the one that begins: no day without a branch and none with two, so that the origin is
/// responsible until the day of receipt.
///
/// Refuses with `BRANCH_NOT_A_BRANCH`, `TEMPORARY_ORG`, `TOO_FAR_AHEAD`, `BEFORE_JOINING`,
/// `ALREADY_THERE` and `SECOND_PRIMARY_BRANCH` when a later stay stands in the way. `stays` is sorted by its first day.
pub fn transfer(stays: &[Stay], dates: &Dates, to: &Move, today: Day) -> Result<(Stay, Stay), MemberError> {
    match to.kind {
        OrganizationKind::TemporaryBranch => return Err(MemberError::TemporaryOrg),
        kind if !kind.is_branch() => return Err(MemberError::BranchNotABranch),
        _ => {}
    }
    if to.on > add_months(today, LETTER_MONTHS) {
        return Err(MemberError::TooFarAhead);
    }
    let last = stays.last().ok_or(MemberError::BeforeJoining)?;
    if to.on < dates.joined_on {
        return Err(MemberError::BeforeJoining);
    }
    if last.branch == to.to {
        return Err(MemberError::AlreadyThere);
    }
    if last.until.is_some() || to.on <= last.from {
        return Err(MemberError::SecondPrimaryBranch);
    }
    let left = Stay {
        until: Some(add_days(to.on, -1)),
        ..*last
    };
    Ok((
        left,
        Stay {
            branch: to.to,
            from: to.on,
            until: None,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn today() -> Day {
        day("2025-03-01")
    }

    fn facts() -> (Vec<Stay>, Dates, Move) {
        let stay = Stay {
            branch: OrganizationId::new(),
            from: day("2020-03-01"),
            until: None,
        };
        let dates = Dates {
            joined_on: day("2019-03-01"),
            full_on: None,
            exempt_from: None,
            exempt_until: None,
            cadre_from: None,
            cadre_until: None,
        };
        let to = Move {
            to: OrganizationId::new(),
            kind: OrganizationKind::Branch,
            on: day("2025-04-01"),
        };
        (vec![stay], dates, to)
    }

    #[test]
    fn the_origin_ends_on_the_day_before_r_205() {
        let (stays, dates, to) = facts();
        let (left, joined) = transfer(&stays, &dates, &to, today()).expect("allowed");
        assert_eq!(
            (left.until, joined.from, joined.until),
            (Some(day("2025-03-31")), day("2025-04-01"), None)
        );
        assert_eq!((left.branch, joined.branch), (stays[0].branch, to.to));
    }

    #[test]
    fn each_reason_against_a_transfer_has_its_name() {
        let (stays, dates, to) = facts();
        assert_eq!(
            transfer(
                &stays,
                &dates,
                &Move {
                    on: day("2025-06-02"),
                    ..to
                },
                today()
            ),
            Err(MemberError::TooFarAhead)
        );
        let refused = |to: Move| transfer(&stays, &dates, &to, today()).expect_err("refused");
        assert_eq!(
            refused(Move {
                kind: OrganizationKind::TemporaryBranch,
                ..to
            }),
            MemberError::TemporaryOrg
        );
        assert_eq!(
            refused(Move {
                kind: OrganizationKind::GeneralBranch,
                ..to
            }),
            MemberError::BranchNotABranch
        );
        assert_eq!(
            refused(Move {
                to: stays[0].branch,
                ..to
            }),
            MemberError::AlreadyThere
        );
        assert_eq!(
            refused(Move {
                on: day("2019-02-28"),
                ..to
            }),
            MemberError::BeforeJoining
        );
        assert_eq!(
            refused(Move {
                on: day("2020-03-01"),
                ..to
            }),
            MemberError::SecondPrimaryBranch
        );
        let gone = [Stay {
            until: Some(day("2024-12-31")),
            ..stays[0]
        }];
        assert_eq!(
            transfer(&gone, &dates, &to, today()),
            Err(MemberError::SecondPrimaryBranch)
        );
    }
}
