//! Who should attend (应到) at a branch on a day, and the quorums over it. The base is 应到, never 实到.

use std::collections::HashMap;

use kernel::id::PersonId;

use super::norm::Quorum;

/// One on the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnRoll {
    /// Full member; probationary otherwise.
    pub full: bool,
    /// Exempt by age or illness on the day.
    pub exempt: bool,
}

/// The roll of a branch on a day, as member says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roll {
    /// Full members with voting right.
    pub full: u32,
    /// Probationary members.
    pub probationary: u32,
    /// Exempt among both.
    pub exempt: u32,
    /// Everybody by person, exempt ones included.
    pub members: HashMap<PersonId, OnRoll>,
}

/// Who came, counted in the ways in which quorums ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turnout {
    /// Full members entitled.
    pub full_entitled: u32,
    /// Probationary members entitled.
    pub probationary_entitled: u32,
    /// Exempt among both.
    pub exempt: u32,
    /// All who came.
    pub present: u32,
    /// Full members who came.
    pub full_present: u32,
    /// Who came and is not exempt.
    pub present_not_exempt: u32,
    /// Committee members entitled.
    pub committee_entitled: u32,
    /// Committee members who came.
    pub committee_present: u32,
}

impl Turnout {
    /// Whether a quorum is met; by nobody it never is. Twice the present against the entitled: no halves are
    /// cut off (8 of 16 are half, 7 of 15 are not).
    #[must_use]
    pub fn meets(&self, quorum: Quorum) -> bool {
        let not_exempt = (self.full_entitled + self.probationary_entitled).saturating_sub(self.exempt);
        let (present, entitled) = match quorum {
            Quorum::HalfFull => (self.full_present, self.full_entitled),
            Quorum::HalfCommittee => (self.committee_present, self.committee_entitled),
            Quorum::HalfNotExempt if not_exempt > 0 => (self.present_not_exempt, not_exempt),
            Quorum::HalfNotExempt | Quorum::Somebody => (self.present, 0),
        };
        present > 0 && 2 * u64::from(present) >= u64::from(entitled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_those_entitled_is_enough_and_less_is_not() {
        let full = |full_present, full_entitled| {
            Turnout {
                full_present,
                full_entitled,
                present: full_present,
                ..Default::default()
            }
            .meets(Quorum::HalfFull)
        };
        assert!(full(8, 16), "R-110: at least half");
        assert!(!full(7, 15));
        assert!(full(8, 15));
        assert!(!full(0, 0), "nobody is no quorum");
    }

    #[test]
    fn exempt_members_are_neither_owed_nor_counted() {
        let turnout = Turnout {
            full_entitled: 9,
            probationary_entitled: 1,
            exempt: 6,
            present: 5,
            present_not_exempt: 1,
            ..Default::default()
        };
        assert!(
            !turnout.meets(Quorum::HalfNotExempt),
            "1 of 4, whatever the exempt did (R-213)"
        );
        assert!(
            Turnout {
                present_not_exempt: 2,
                ..turnout
            }
            .meets(Quorum::HalfNotExempt)
        );
        let all_exempt = Turnout {
            exempt: 10,
            present_not_exempt: 0,
            ..turnout
        };
        assert!(
            all_exempt.meets(Quorum::HalfNotExempt),
            "where all are exempt, who comes makes the meeting"
        );
    }

    #[test]
    fn a_committee_meets_by_its_own_members() {
        let turnout = Turnout {
            committee_entitled: 5,
            committee_present: 2,
            present: 20,
            ..Default::default()
        };
        assert!(!turnout.meets(Quorum::HalfCommittee), "R-112");
        assert!(
            Turnout {
                committee_present: 3,
                ..turnout
            }
            .meets(Quorum::HalfCommittee)
        );
    }
}
