//! Seeded chance: the same seed and stream give the same throws on every machine. Integers only.

use kernel::{Day, day::add_days};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// One stream of throws. Each stage of the generator has its own, so that a throw more in one stage does
/// not change what the others make.
pub(super) struct Dice(ChaCha8Rng);

/// The stages, each a stream of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    Tree = 1,
    Plan,
    People,
    Posts,
    Meetings,
    Records,
    Support,
    Hours,
    Library,
    Marks,
}

impl Dice {
    pub(super) fn new(seed: u64, stage: Stage) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stage as u64);
        Self(rng)
    }

    /// A whole number below `n`; 0 when `n` is 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * n as u128;
        usize::try_from(wide >> 64).unwrap_or_default()
    }

    /// A whole number from `low` to `high`, both included; `low` when `high` is smaller.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high - low + 1).unwrap_or_default();
        low + i64::try_from(self.below(span)).unwrap_or_default()
    }

    /// True in `per_mille` of 1 000 throws.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille as usize
    }

    /// One of the values; the slice must not be empty.
    pub(super) fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// A position, each as likely as its weight says.
    pub(super) fn weighted(&mut self, weights: &[u32]) -> usize {
        let sum: u32 = weights.iter().sum();
        let mut throw = u32::try_from(self.below(sum as usize)).unwrap_or_default();
        for (at, weight) in weights.iter().enumerate() {
            if throw < *weight {
                return at;
            }
            throw -= weight;
        }
        0
    }

    /// A day from `first` to `last`, both included.
    pub(super) fn day(&mut self, first: Day, last: Day) -> Day {
        add_days(first, self.between(0, (last - first).num_days()))
    }

    /// The values in a random order.
    pub(super) fn shuffle<T>(&mut self, values: &mut [T]) {
        for at in (1..values.len()).rev() {
            values.swap(at, self.below(at + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_and_each_repeats() {
        let throw = |seed, stage| {
            let mut dice = Dice::new(seed, stage);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(throw(7, Stage::Tree), throw(7, Stage::Tree));
        assert_ne!(throw(7, Stage::Tree), throw(7, Stage::Plan));
        assert_ne!(throw(7, Stage::Tree), throw(8, Stage::Tree));
    }

    #[test]
    fn throws_stay_inside_their_bounds() {
        let mut dice = Dice::new(1, Stage::Tree);
        for _ in 0..1000 {
            assert!((3..=5).contains(&dice.between(3, 5)));
            assert!(dice.weighted(&[0, 1, 2]) > 0);
        }
        assert_eq!(dice.below(0), 0);
        assert!(!dice.chance(0) && dice.chance(1000));
    }
}
