//! Moving an organization below another parent (S-102, X15): where it may go, from which day, and what a consent
//! rests upon.

use kernel::{Day, id::OrganizationId};

use super::tree::{Candidate, may_stand};
use crate::error::OrganizationError;

/// An organization and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The ids from the root, its own last.
    pub path: Vec<OrganizationId>,
    /// What it is, and when it exists.
    pub who: Candidate,
}

impl Place {
    fn own(&self) -> Option<&OrganizationId> {
        self.path.last()
    }

    fn parent(&self) -> Option<&OrganizationId> {
        self.path.iter().rev().nth(1)
    }

    fn exists(&self, on: Day) -> bool {
        self.who.founded_on <= on && self.who.dissolved_on.is_none_or(|last| on <= last)
    }
}

/// Whether the organization may stand below the target from a day on: the tree stays whole (global invariant 1). The
/// root stays where it is, nothing goes below itself or where it is already, both exist, and the target may have it.
pub fn may_move(moved: &Place, target: Option<&Place>, on: Day) -> Result<(), OrganizationError> {
    if moved.parent().is_none() {
        return Err(OrganizationError::RootStays);
    }
    let target = target.ok_or(OrganizationError::TargetUnknown)?;
    if !moved.exists(on) || !target.exists(on) {
        return Err(OrganizationError::NotInExistence);
    }
    if moved.own().is_some_and(|own| target.path.contains(own)) {
        return Err(OrganizationError::MovedBelowItself);
    }
    if moved.parent() == target.own() {
        return Err(OrganizationError::AlreadyThere);
    }
    // What was before stays below the old parent: the new one need only cover what comes.
    let from_then = Candidate {
        founded_on: on,
        ..moved.who.clone()
    };
    may_stand(&from_then, &target.who.above())
}

/// Whether a move may take effect on the day that is named: today, since what was read as of an earlier day stays as
/// it was (global invariant 4), and nobody knows yet what will stand on a later one.
pub fn takes_effect(effective_on: Day, today: Day) -> Result<(), OrganizationError> {
    if effective_on == today {
        Ok(())
    } else {
        Err(OrganizationError::EffectiveNotToday)
    }
}

/// The version that a difference says it was drawn up from: the etag of the organization, if its text begins with
/// one.
#[must_use]
pub fn drawn_from(difference: &str) -> Option<&str> {
    let first = difference.split_whitespace().next()?;
    let is_etag = first.len() == ETAG
        && first
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    is_etag.then_some(first)
}

/// Characters of an etag.
const ETAG: usize = 16;

/// SM3, in hex, of everything in the tree that decides who gains and who loses by the move: the chain above, the
/// chain that comes instead, and what moves along. Whoever consented did so to this.
#[must_use]
pub fn outlook(moved: &[u8], target: &[u8], along: &[Vec<u8>]) -> String {
    let mut hash = seal::Sm3::new();
    for path in [moved, target].into_iter().chain(along.iter().map(Vec::as_slice)) {
        hash.update(&u64::try_from(path.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(path);
    }
    hash.finish().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use kernel::{Domain, Level, OrganizationKind};

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn id(n: u128) -> OrganizationId {
        OrganizationId(uuid::Uuid::from_u128(n))
    }

    fn place(path: &[u128], kind: OrganizationKind) -> Place {
        Place {
            path: path.iter().map(|n| id(*n)).collect(),
            who: Candidate {
                kind,
                level: (kind == OrganizationKind::LocalCommittee).then_some(Level::County),
                domain: kind.is_branch().then_some(Domain::Rural),
                founded_on: day("2010-01-01"),
                dissolved_on: None,
            },
        }
    }

    fn judged(moved: &Place, target: &Place) -> Result<(), OrganizationError> {
        may_move(moved, Some(target), day("2025-06-01"))
    }

    #[test]
    fn a_branch_goes_to_another_town_and_not_where_it_is() {
        use OrganizationKind::{Branch, Committee};
        let branch = place(&[1, 2, 3], Branch);
        assert_eq!(judged(&branch, &place(&[1, 4], Committee)), Ok(()));
        assert_eq!(
            judged(&branch, &place(&[1, 2], Committee)),
            Err(OrganizationError::AlreadyThere)
        );
        assert_eq!(
            may_move(&branch, None, day("2025-06-01")),
            Err(OrganizationError::TargetUnknown)
        );
    }

    #[test]
    fn nothing_goes_below_itself_and_the_root_stays() {
        use OrganizationKind::{Committee, LocalCommittee};
        let town = place(&[1, 2], Committee);
        for below in [
            place(&[1, 2], Committee),
            place(&[1, 2, 5], Committee),
            place(&[1, 2, 5, 6], Committee),
        ] {
            assert_eq!(judged(&town, &below), Err(OrganizationError::MovedBelowItself));
        }
        assert_eq!(
            judged(&place(&[1], LocalCommittee), &place(&[1, 2], Committee)),
            Err(OrganizationError::RootStays)
        );
    }

    #[test]
    fn a_target_must_exist_as_long_and_be_one_that_may_have_it() {
        use OrganizationKind::{Branch, Committee, PartyGroup};
        let branch = place(&[1, 2, 3], Branch);
        let mut gone = place(&[1, 4], Committee);
        gone.who.dissolved_on = Some(day("2025-05-31"));
        assert_eq!(judged(&branch, &gone), Err(OrganizationError::NotInExistence));
        gone.who.dissolved_on = Some(day("2030-05-31"));
        assert_eq!(
            judged(&branch, &gone),
            Err(OrganizationError::ChildOutlivesParent)
        );
        let mut young = place(&[1, 4], Committee);
        young.who.founded_on = day("2025-06-01");
        assert_eq!(
            judged(&branch, &young),
            Ok(()),
            "it need not have stood there before"
        );
        assert_eq!(
            judged(&branch, &place(&[1, 4, 5], Branch)),
            Err(OrganizationError::KindNotAllowedHere)
        );
        let group = place(&[1, 2, 3, 7], PartyGroup);
        assert_eq!(judged(&group, &place(&[1, 4, 5], Branch)), Ok(()));
    }

    #[test]
    fn a_move_takes_effect_today() {
        let today = day("2025-06-01");
        assert_eq!(takes_effect(today, today), Ok(()));
        for other in ["2025-05-31", "2025-06-02"] {
            assert_eq!(
                takes_effect(day(other), today),
                Err(OrganizationError::EffectiveNotToday)
            );
        }
    }

    #[test]
    fn a_difference_may_say_what_it_was_drawn_up_from() {
        assert_eq!(drawn_from("0123456789abcdef sm3:77"), Some("0123456789abcdef"));
        assert_eq!(drawn_from("sm3:0123456789abcdef"), None);
        assert_eq!(drawn_from(""), None);
    }

    #[test]
    fn the_outlook_changes_with_either_chain_and_with_what_moves_along() {
        let seen = outlook(b"ab", b"c", &[b"abd".to_vec()]);
        for other in [
            outlook(b"a", b"bc", &[b"abd".to_vec()]),
            outlook(b"ab", b"d", &[b"abd".to_vec()]),
            outlook(b"ab", b"c", &[]),
        ] {
            assert_ne!(seen, other);
        }
    }
}
