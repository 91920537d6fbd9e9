//! Turning two numbers into points (rating.md, "How an item turns two numbers into points").

use kernel::BasisPoints;

use super::item::Method;

/// The value of one indicator of one branch. An applicable denominator is at least 1, so 0 says
/// that the indicator is not applicable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// What was done.
    pub numerator: u64,
    /// What was owed; 0 when the indicator is not applicable.
    pub denominator: u64,
}

impl Count {
    /// Whether anything was owed.
    #[must_use]
    pub fn applies(self) -> bool {
        self.denominator != 0
    }

    /// Numerator and denominator for a comparison of the share with basis points, without division:
    /// n × 10 000 against limit × d.
    #[must_use]
    pub fn against(self, limit_bp: u64) -> (u128, u128) {
        (
            u128::from(self.numerator) * 10_000,
            u128::from(limit_bp) * u128::from(self.denominator),
        )
    }

    fn reaches(self, limit_bp: u64) -> bool {
        let (done, owed) = self.against(limit_bp);
        done >= owed
    }
}

/// A method with its parameters as plain numbers.
#[derive(Debug)]
pub(super) enum Formula {
    /// Proportional, full at the whole.
    Share,
    /// Proportional, full before the whole.
    ShareUpTo {
        full_at: u64,
    },
    Ladder {
        steps: Box<[(u64, u64)]>,
    },
    YesNo,
    PerOccurrence {
        each: u64,
        cap: u64,
    },
    /// Whether the ballot is valid is decided before: an invalid item is offered nothing.
    Judged,
}

impl Formula {
    /// The linter has seen that no parameter is negative.
    pub(super) fn new(method: &Method) -> Self {
        let plain = |bp: BasisPoints| bp.0.unsigned_abs();
        match method {
            Method::Proportional {
                full_at_bp: BasisPoints(10_000),
            } => Self::Share,
            Method::Proportional { full_at_bp } => Self::ShareUpTo {
                full_at: plain(*full_at_bp),
            },
            Method::Ladder { steps } => Self::Ladder {
                steps: steps
                    .iter()
                    .map(|(share, part)| (plain(*share), plain(*part)))
                    .collect(),
            },
            Method::YesNo {} => Self::YesNo,
            Method::PerOccurrence { each, cap } => Self::PerOccurrence {
                each: each.0.unsigned_abs(),
                cap: cap.0.unsigned_abs(),
            },
            Method::Judged { .. } => Self::Judged,
        }
    }

    /// Points earned of those offered, floored to a thousandth, by an applicable indicator. The floor is
    /// the only rounding of a score.
    // Called for every item of every branch: out of line it costs a fifth of an evaluation.
    #[inline(always)]
    pub(super) fn earn(&self, offered: u64, count: Count) -> u64 {
        match self {
            Self::Share | Self::YesNo | Self::Judged if count.numerator >= count.denominator => offered,
            Self::YesNo => 0,
            Self::Share | Self::Judged => share(offered, 1, count),
            Self::ShareUpTo { full_at } if count.reaches(*full_at) => offered,
            Self::ShareUpTo { full_at } => share(offered * 10_000, *full_at, count),
            Self::Ladder { steps } => {
                let step = steps.iter().find(|(share, _)| count.reaches(*share));
                step.map_or(0, |(_, part)| offered * part / 10_000)
            }
            Self::PerOccurrence { each, cap } => each.saturating_mul(count.numerator).min(*cap),
        }
    }
}

/// ⌊factor × n / (scale × d)⌋, in 64 bits where they hold it.
#[inline]
fn share(factor: u64, scale: u64, count: Count) -> u64 {
    let above = factor.checked_mul(count.numerator);
    let below = scale.checked_mul(count.denominator);
    if let (Some(above), Some(below)) = (above, below) {
        return above / below;
    }
    let above = u128::from(factor) * u128::from(count.numerator);
    let below = u128::from(scale) * u128::from(count.denominator);
    u64::try_from(above / below).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numerator: u64, denominator: u64) -> Count {
        Count {
            numerator,
            denominator,
        }
    }

    #[test]
    fn a_proportion_is_floored_and_full_at_its_share() {
        let whole = Formula::Share;
        assert_eq!(whole.earn(2728, of(3, 4)), 2046);
        assert_eq!(whole.earn(2500, of(8_600_000, 5_000_000)), 2500);
        let most = Formula::ShareUpTo { full_at: 9000 };
        assert_eq!(most.earn(2000, of(29, 34)), 1895);
        assert_eq!(most.earn(2000, of(9, 10)), 2000);
    }

    #[test]
    fn huge_amounts_need_128_bits_and_get_them() {
        let whole = Formula::Share;
        assert_eq!(whole.earn(3000, of(u64::MAX / 3, u64::MAX)), 1000);
        let most = Formula::ShareUpTo { full_at: 9000 };
        assert_eq!(most.earn(9000, of(u64::MAX / 10, u64::MAX)), 999);
        assert_eq!(
            Formula::PerOccurrence { each: 500, cap: 3000 }.earn(0, of(u64::MAX, 1)),
            3000
        );
    }

    #[test]
    fn a_ladder_gives_the_first_step_that_is_reached() {
        let ladder = Formula::Ladder {
            steps: [(10_000, 10_000), (9500, 6000)].into(),
        };
        assert_eq!(ladder.earn(1500, of(41, 41)), 1500);
        assert_eq!(ladder.earn(1500, of(95, 100)), 900);
        assert_eq!(ladder.earn(1500, of(94, 100)), 0);
    }

    #[test]
    fn yes_no_and_occurrences() {
        assert_eq!(Formula::YesNo.earn(3000, of(2, 1)), 3000);
        assert_eq!(Formula::YesNo.earn(3000, of(0, 1)), 0);
        assert_eq!(
            Formula::PerOccurrence {
                each: 1000,
                cap: 3000
            }
            .earn(3000, of(2, 1)),
            2000
        );
    }
}
