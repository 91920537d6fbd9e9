//! Scoring many branches at once over packed facts, by the same evaluation and without allocation for each.

use super::{
    earn::Count,
    prepared::Prepared,
    rule::Purpose,
    score::{Row, Score},
};

impl Prepared {
    /// Scores every branch of packed facts, branch after branch.
    #[must_use]
    pub fn score_all(&self, purpose: Purpose, facts: &PackedFacts) -> Scores {
        let width = self.items.len();
        let mut scores = Scores {
            scores: Vec::with_capacity(facts.len()),
            rows: vec![Row::default(); facts.len() * width],
            width,
        };
        let branches = facts
            .counts
            .chunks_exact(facts.width)
            .zip(scores.rows.chunks_exact_mut(width));
        scores
            .scores
            .extend(branches.map(|(counts, rows)| self.score(purpose, counts, rows)));
        scores
    }
}

/// Facts of many branches of one domain, packed branch after branch in the order of
/// [`Prepared::indicators`].
#[derive(Debug, Clone)]
pub struct PackedFacts {
    counts: Vec<Count>,
    width: usize,
}

impl PackedFacts {
    /// Room for so many branches.
    #[must_use]
    pub fn for_branches(prepared: &Prepared, branches: usize) -> Self {
        let width = prepared.slots.len();
        Self {
            counts: Vec::with_capacity(width * branches),
            width,
        }
    }

    /// Adds a branch.
    ///
    /// # Panics
    /// When the counts are not one for each indicator.
    pub fn push(&mut self, counts: &[Count]) {
        assert_eq!(
            counts.len(),
            self.width,
            "one count for each indicator of the domain"
        );
        self.counts.extend_from_slice(counts);
    }

    /// Forgets all branches and keeps the room.
    pub fn clear(&mut self) {
        self.counts.clear();
    }

    /// How many branches it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len() / self.width
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The counts of a branch.
    #[must_use]
    pub fn counts(&self, branch: usize) -> &[Count] {
        &self.counts[branch * self.width..(branch + 1) * self.width]
    }
}

/// Scores of packed facts, in their order, with every item's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scores {
    /// One for each branch.
    pub scores: Vec<Score>,
    rows: Vec<Row>,
    width: usize,
}

impl Scores {
    /// The rows of a branch, one for each of [`Prepared::items`].
    #[must_use]
    pub fn rows(&self, branch: usize) -> &[Row] {
        &self.rows[branch * self.width..(branch + 1) * self.width]
    }
}
