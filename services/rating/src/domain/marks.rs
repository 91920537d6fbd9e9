//! Marks of the superior committee's debrief review, and the two indicators that they are (S-306, R-125).

use kernel::indicator::Count;
use serde::{Deserialize, Serialize};

use crate::error::RatingError;

/// The superior's marks under five headings.
pub const SUPERIOR: &str = "rating.review.superior";
/// The ballots of the committee's members.
pub const COMMITTEE: &str = "rating.review.committee";
/// The highest mark under one heading.
const MOST: u32 = 100;
/// The highest sum of the five marks.
const FULL: i64 = 500;

/// What was entered for one branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// From 0 to 100 under organization, people, system, activity, support.
    pub superior: [u32; 5],
    /// The reason of each.
    pub reasons: [String; 5],
    /// The committee's resolution on them.
    pub resolution: String,
    /// Ballots for good.
    pub good: u32,
    /// Ballots for fairly good.
    pub fairly_good: u32,
    /// Ballots for fair.
    pub fair: u32,
    /// Ballots for poor.
    pub poor: u32,
}

impl Marks {
    /// Whether they can be: each from 0 to 100, so that their sum is from 0 to 500.
    ///
    /// # Errors
    /// `MARK_OUT_OF_RANGE`.
    pub fn stand(&self) -> Result<(), RatingError> {
        match self.superior.iter().all(|mark| *mark <= MOST) {
            true => Ok(()),
            false => Err(RatingError::MarkOutOfRange),
        }
    }

    /// `rating.review.superior`: the sum of the marks that the committee resolved over 500.
    #[must_use]
    pub fn superior(&self) -> Count {
        let sum = self.superior.iter().map(|mark| i64::from(*mark)).sum();
        Count::of(sum, FULL, "NO_MARKS", vec![self.resolution.clone()])
    }

    /// The same before the committee resolved: nothing of 500, since the indicator always applies.
    #[must_use]
    pub fn none_yet() -> Count {
        Count::of(0, FULL, "NO_MARKS", Vec::new())
    }

    /// `rating.review.committee`: 100, 80, 60 or 0 for each ballot over 100 times the ballots; not applicable
    /// when there was none.
    #[must_use]
    pub fn committee(&self, meeting: &str) -> Count {
        let weigh = |ballots: u32, worth: i64| i64::from(ballots) * worth;
        let sum = weigh(self.good, 100) + weigh(self.fairly_good, 80) + weigh(self.fair, 60);
        let ballots =
            weigh(self.good, 1) + weigh(self.fairly_good, 1) + weigh(self.fair, 1) + weigh(self.poor, 1);
        let evidence = vec![meeting.to_owned(), format!("ballots:{ballots}")];
        Count::of(sum, 100 * ballots, "NO_VALID_BALLOT", evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(ballots: [u32; 4]) -> Marks {
        let [good, fairly_good, fair, poor] = ballots;
        Marks {
            superior: [90, 80, 100, 70, 85],
            reasons: [(); 5].map(|()| "总体规范".into()),
            resolution: "党委〔2026〕3号".into(),
            good,
            fairly_good,
            fair,
            poor,
        }
    }

    fn numbers(count: &Count) -> Option<(i64, i64)> {
        match count {
            Count::Applies {
                numerator,
                denominator,
                ..
            } => Some((*numerator, *denominator)),
            Count::NotApplicable { .. } => None,
        }
    }

    #[test]
    fn five_marks_count_over_five_hundred() {
        let five = marks([0; 4]);
        assert_eq!(numbers(&five.superior()), Some((425, 500)));
        let Count::Applies { evidence, .. } = five.superior() else {
            panic!("always applies")
        };
        assert_eq!(evidence, ["党委〔2026〕3号"], "the resolution, not the meeting");
        assert_eq!(numbers(&Marks::none_yet()), Some((0, 500)));
    }

    #[test]
    fn no_mark_is_above_a_hundred() {
        assert_eq!(marks([0; 4]).stand(), Ok(()));
        let above = Marks {
            superior: [101, 0, 0, 0, 0],
            ..marks([0; 4])
        };
        assert_eq!(above.stand(), Err(RatingError::MarkOutOfRange));
    }

    #[test]
    fn ballots_weigh_a_hundred_eighty_sixty_and_nothing() {
        assert_eq!(numbers(&marks([5, 3, 1, 1]).committee("m")), Some((800, 1000)));
        assert_eq!(
            numbers(&marks([0, 0, 0, 2]).committee("m")),
            Some((0, 200)),
            "poor is a ballot"
        );
    }

    #[test]
    fn without_a_ballot_the_committee_did_not_vote() {
        assert_eq!(marks([0; 4]).committee("m"), Count::none("NO_VALID_BALLOT"));
    }
}
