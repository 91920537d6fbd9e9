//! The exact evaluation of a branch (rating.md, "Arithmetic"). This is the only place that adds up points:
//! the explained evaluation and the offline one call it.

use super::{
    earn::Count,
    pour::Pour,
    prepared::{Group, Look, Prepared, PreparedClause, PreparedItem},
    rule::Purpose,
};

/// Points of the whole base part and of the whole review part, in thousandths.
pub(super) const WHOLE: u64 = 100_000;

/// What an item offered and earned, in thousandths. For plus and minus `offered` is the cap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row {
    /// Offered, after what does not apply was moved.
    pub offered: u32,
    /// Earned.
    pub earned: u32,
}

/// The sums and stars of a branch before the quota. Points in thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Sum of base items.
    pub base: i64,
    /// Sum of plus items.
    pub plus_raw: i64,
    /// What counts of it.
    pub plus: i64,
    /// Sum of minus items.
    pub minus: i64,
    /// base + plus − minus, clamped.
    pub scored: i64,
    /// Sum of review items.
    pub review: i64,
    /// weight × scored + weight × review, in ten-thousandths of a thousandth. Not rounded.
    pub total_exact: i64,
    /// By the first threshold that is met.
    pub star_threshold: u8,
    /// After caps.
    pub star_caps: u8,
    /// After vetoes: the star of the standard, before the quota (S-316).
    pub star_vetoes: u8,
    /// A bit for each cap and veto that fired, in the order of the template.
    pub fired: u64,
}

impl Prepared {
    /// Scores one branch. `counts` stand in the order of [`Prepared::indicators`]; `rows` get one entry for
    /// each of [`Prepared::items`].
    ///
    /// # Panics
    /// When a slice is shorter than that.
    pub fn score(&self, purpose: Purpose, counts: &[Count], rows: &mut [Row]) -> Score {
        let counts = &counts[..self.slots.len()];
        let rows = &mut rows[..self.items.len()];
        self.offer_base(counts, rows);
        self.offer_review(counts, rows);
        let base = self.earn(0, self.plus_from, counts, rows);
        let plus_raw = self.occur(self.plus_from, self.minus_from, counts, rows);
        let minus = self.occur(self.minus_from, self.review_from, counts, rows);
        let review = self.earn(self.review_from, self.items.len(), counts, rows);
        let plus = plus_raw.min(self.plus_at_most);
        let scored = (base + plus - minus).clamp(self.scored_between.0, self.scored_between.1);
        let mut score = Score {
            base,
            plus_raw,
            plus,
            minus,
            scored,
            review,
            total_exact: self.weight_scored * scored + self.weight_review * review,
            ..Score::default()
        };
        self.stars(purpose, counts, rows, &mut score);
        score
    }

    /// Pours the whole over dimensions, sub-items and base items. Points of what does not take part stay in
    /// the sub-item, else in the dimension, else go to the other dimensions.
    fn offer_base(&self, counts: &[Count], rows: &mut [Row]) {
        let mut taking = 0u64;
        for (bit, item) in self.items[..self.plus_from].iter().enumerate() {
            taking |= u64::from(item.full || counts[item.slot].applies()) << bit;
        }
        if taking == self.every_base {
            for (row, item) in rows.iter_mut().zip(&self.items[..self.plus_from]) {
                row.offered = small(item.points);
            }
            return;
        }
        let mut dimensions = Pour::new(WHOLE, weights(&self.dimensions, taking));
        for dimension in &self.dimensions {
            let points = dimensions.next(weight(dimension, taking));
            let mut parts = Pour::new(points, weights(&dimension.parts, taking));
            for part in &dimension.parts {
                let points = parts.next(weight(part, taking));
                offer_part(part, points, taking, &self.items, rows);
            }
        }
    }

    /// Pours the whole over the review items that are valid.
    fn offer_review(&self, counts: &[Count], rows: &mut [Row]) {
        let items = &self.items[self.review_from..];
        let weight = |item: &PreparedItem| if valid(item, counts) { item.points } else { 0 };
        let mut pour = Pour::new(WHOLE, items.iter().map(weight).sum());
        for (row, item) in rows[self.review_from..].iter_mut().zip(items) {
            row.offered = small(pour.next(weight(item)));
        }
    }

    /// What base or review items earn of what they are offered.
    fn earn(&self, first: usize, end: usize, counts: &[Count], rows: &mut [Row]) -> i64 {
        let mut sum = 0;
        for (row, item) in rows[first..end].iter_mut().zip(&self.items[first..end]) {
            let (offered, count) = (row.offered, counts[item.slot]);
            row.earned = match (offered, count.applies()) {
                (0, _) => 0,
                (_, true) => small(item.formula.earn(offered.into(), count)),
                (_, false) => offered,
            };
            sum += i64::from(row.earned);
        }
        sum
    }

    /// What plus or minus items give or take; one that does not apply is 0 and moves nothing.
    fn occur(&self, first: usize, end: usize, counts: &[Count], rows: &mut [Row]) -> i64 {
        let mut sum = 0;
        for (row, item) in rows[first..end].iter_mut().zip(&self.items[first..end]) {
            let count = counts[item.slot];
            row.offered = small(item.cap);
            row.earned = if count.applies() {
                small(item.formula.earn(item.cap, count))
            } else {
                0
            };
            sum += i64::from(row.earned);
        }
        sum
    }

    /// The star by the first threshold met, then every cap that fires, then every veto.
    fn stars(&self, purpose: Purpose, counts: &[Count], rows: &[Row], score: &mut Score) {
        score.star_threshold = self
            .threshold(score.total_exact)
            .map_or(1, |threshold| threshold.star);
        let (mut caps, mut vetoes) = (score.star_threshold, u8::MAX);
        for (bit, rule) in self.rules.iter().enumerate() {
            let fires = rule.except != Some(purpose)
                && rule
                    .clauses
                    .iter()
                    .all(|clause| self.clause_holds(clause, counts, rows));
            if fires {
                score.fired |= 1 << bit;
                let star = if rule.veto { &mut vetoes } else { &mut caps };
                *star = rule.star.min(*star);
            }
        }
        score.star_caps = caps;
        score.star_vetoes = vetoes.min(caps);
    }

    /// The first threshold that an exact total meets.
    pub(super) fn threshold(&self, total_exact: i64) -> Option<&super::prepared::Threshold> {
        let met = |condition: &Option<(super::condition::Comparison, i64)>| {
            condition.is_none_or(|(comparison, limit)| comparison.holds(total_exact, limit))
        };
        self.thresholds.iter().find(|threshold| met(&threshold.condition))
    }

    fn clause_holds(&self, clause: &PreparedClause, counts: &[Count], rows: &[Row]) -> bool {
        let (comparison, limit) = (clause.comparison, clause.limit);
        match clause.look {
            Look::Numerator(slot) => {
                counts[slot].applies() && comparison.holds(counts[slot].numerator, limit)
            }
            Look::Denominator(slot) => {
                counts[slot].applies() && comparison.holds(counts[slot].denominator, limit)
            }
            Look::Ratio(slot) => {
                let (done, owed) = counts[slot].against(limit);
                counts[slot].applies() && comparison.holds(done, owed)
            }
            Look::LowestDimension => self.lowest(rows).is_some_and(|lowest| {
                let (earned, offered) = lowest.against(limit);
                comparison.holds(earned, offered)
            }),
        }
    }

    /// The dimension with the smallest earned ÷ offered; one that offers nothing is not looked at.
    fn lowest(&self, rows: &[Row]) -> Option<Count> {
        let mut lowest: Option<Count> = None;
        for dimension in &self.dimensions {
            let mut sum = Count::default();
            for row in &rows[dimension.first..dimension.end] {
                sum.numerator += u64::from(row.earned);
                sum.denominator += u64::from(row.offered);
            }
            // Both are at most 100 000: the products stay small.
            let lower = lowest
                .is_none_or(|found| sum.numerator * found.denominator < found.numerator * sum.denominator);
            if sum.applies() && lower {
                lowest = Some(sum);
            }
        }
        lowest
    }
}

/// A group in which nothing takes part weighs 0.
fn weight(group: &Group, taking: u64) -> u64 {
    if group.mask & taking == 0 { 0 } else { group.points }
}

fn weights(groups: &[Group], taking: u64) -> u64 {
    groups.iter().map(|group| weight(group, taking)).sum()
}

/// Pours the points of a sub-item over those of its items that take part.
fn offer_part(part: &Group, points: u64, taking: u64, items: &[PreparedItem], rows: &mut [Row]) {
    let run = rows[part.first..part.end]
        .iter_mut()
        .zip(&items[part.first..part.end]);
    if part.mask & taking == part.mask && points == part.points {
        for (row, item) in run {
            row.offered = small(item.points);
        }
        return;
    }
    let taking = taking >> part.first;
    let weight = |bit: usize, item: &PreparedItem| if taking >> bit & 1 == 1 { item.points } else { 0 };
    let inside = items[part.first..part.end].iter().enumerate();
    let mut pour = Pour::new(points, inside.map(|(bit, item)| weight(bit, item)).sum());
    for (bit, (row, item)) in run.enumerate() {
        row.offered = small(pour.next(weight(bit, item)));
    }
}

/// Whether a review item counts: it applies, and enough of those entitled voted.
fn valid(item: &PreparedItem, counts: &[Count]) -> bool {
    let enough = item.turnout.as_ref().is_none_or(|turnout| {
        let (voted, needed) = counts[turnout.slot].against(turnout.min_bp);
        counts[turnout.slot].applies()
            && voted >= needed
            && counts[turnout.slot].numerator >= turnout.min_ballots
    });
    enough && counts[item.slot].applies()
}

/// The linter keeps every number of points far under 2³².
fn small(points: u64) -> u32 {
    u32::try_from(points).unwrap_or(u32::MAX)
}
