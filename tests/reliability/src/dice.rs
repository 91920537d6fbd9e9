//! Chance that is the same in every run.

/// A generator (xorshift64*); good enough to choose moments.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Thrown from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below a bound, and 0 for 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let thrown = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        thrown.checked_rem(bound).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_below_the_bound_comes() {
        let mut dice = Dice::new(7);
        let thrown: std::collections::BTreeSet<u64> = (0..1000).map(|_| dice.below(10)).collect();
        assert_eq!(thrown, (0..10).collect());
        assert_eq!(dice.below(0), 0);
    }
}
