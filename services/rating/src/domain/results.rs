//! The results of a branch under the names of S-305…S-312, from threshold to quota, with every rule that
//! fired.

use kernel::Milli;
use serde::{Deserialize, Serialize};

use super::{
    prepared::Prepared,
    quota::{Quota, Standing},
    score::Score,
};

/// Sums, total and stars of one branch. Points in thousandths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// Sum of base items.
    pub base: Milli,
    /// Sum of plus items.
    pub plus_raw: Milli,
    /// What counts of it.
    pub plus: Milli,
    /// Sum of minus items.
    pub minus: Milli,
    /// base + plus − minus, clamped.
    pub scored: Milli,
    /// Sum of review items.
    pub review: Milli,
    /// The total in ten-thousandths of a thousandth; every comparison uses this.
    pub total_exact: i64,
    /// ⌊total_exact / 10 000⌋, for people.
    pub total: Milli,
    /// By the first threshold met.
    pub star_threshold: u8,
    /// After caps.
    pub star_caps: u8,
    /// After vetoes.
    pub star_vetoes: u8,
    /// After the quota.
    pub star: u8,
    /// Ids of all caps, vetoes and quotas that fired, also of those that changed nothing any more.
    pub rules: Vec<String>,
    /// Place on the waiting list of the quota, from 1; 0 when it does not wait.
    pub waiting: u64,
    /// Whether the five-star standard is met, with or without a place (S-316).
    pub five_star_standard: bool,
    /// Whether a veto opens a rectification case whatever the star (S-315).
    pub opens_rectification: bool,
}

impl Results {
    /// The results of a score, before the quota.
    #[must_use]
    pub fn new(score: &Score, prepared: &Prepared) -> Self {
        let fired = || {
            let rules = prepared.rules.iter().enumerate();
            rules
                .filter(|(bit, _)| score.fired >> bit & 1 == 1)
                .map(|(_, rule)| rule)
        };
        let (caps, vetoes): (Vec<_>, Vec<_>) = fired().partition(|rule| !rule.veto);
        Self {
            base: Milli(score.base),
            plus_raw: Milli(score.plus_raw),
            plus: Milli(score.plus),
            minus: Milli(score.minus),
            scored: Milli(score.scored),
            review: Milli(score.review),
            total_exact: score.total_exact,
            total: Milli(score.total_exact.div_euclid(10_000)),
            star_threshold: score.star_threshold,
            star_caps: score.star_caps,
            star_vetoes: score.star_vetoes,
            star: score.star_vetoes,
            rules: caps
                .into_iter()
                .chain(vetoes)
                .map(|rule| rule.id.clone())
                .collect(),
            waiting: 0,
            five_star_standard: score.star_vetoes == 5,
            opens_rectification: fired().any(|rule| rule.opens_rectification),
        }
    }

    /// Applies the quota to a branch by where it stands in its pool.
    #[must_use]
    pub fn placed(mut self, quota: &Quota, standing: &Standing) -> Self {
        self.waiting = standing.waiting();
        if self.waiting > 0 {
            self.star = self.star.min(quota.beyond);
            self.rules.push(quota.rule.clone());
        }
        self
    }
}
