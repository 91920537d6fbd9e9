//! Pouring points over weights (rating.md, arithmetic 2).

/// Pours a total over weights one after another. The parts are whole and add up to the total, as long as
/// any weight is above 0.
#[derive(Debug)]
pub struct Pour {
    total: u64,
    sum: u64,
    run: u64,
    given: u64,
}

impl Pour {
    /// Pours `total` over weights that sum to `sum`. Both at most 2³² − 1; the linter keeps them under a
    /// million, so that no product overflows.
    #[must_use]
    pub fn new(total: u64, sum: u64) -> Self {
        debug_assert!(total <= u32::MAX.into() && sum <= u32::MAX.into());
        Self {
            total,
            sum,
            run: 0,
            given: 0,
        }
    }

    /// The part of the next weight: ⌊total × run / sum⌋ less what was given before.
    #[inline]
    pub fn next(&mut self, weight: u64) -> u64 {
        self.run += weight;
        // Most sub-items move nothing; a sum of 0 gives nothing to anyone.
        let upto = if self.total == self.sum {
            self.run
        } else {
            (self.total * self.run).checked_div(self.sum).unwrap_or(0)
        };
        let part = upto - self.given;
        self.given = upto;
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pour(total: u64, weights: &[u64]) -> Vec<u64> {
        let mut pour = Pour::new(total, weights.iter().sum());
        weights.iter().map(|&weight| pour.next(weight)).collect()
    }

    #[test]
    fn the_worked_sub_item_of_the_institution_agrees() {
        let parts = pour(15_000, &[3000, 0, 0, 2000, 2500, 1500, 2000]);
        assert_eq!(parts, [4090, 0, 0, 2728, 3409, 2045, 2728]);
    }

    #[test]
    fn parts_add_up_and_nothing_moves_when_weights_equal_the_total() {
        assert_eq!(pour(10, &[3, 3, 3]).iter().sum::<u64>(), 10);
        assert_eq!(pour(9, &[4, 0, 5]), [4, 0, 5]);
        assert_eq!(pour(9, &[0, 0]), [0, 0]);
    }
}
