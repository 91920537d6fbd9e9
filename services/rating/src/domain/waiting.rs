//! The waiting list for five stars: who waits, at which place, and who is next when a place is free (S-312).

use super::outcome::Outcome;
use crate::error::RatingError;

/// State of a case that waits for a place.
const WAITING: &str = "waiting";

impl Outcome {
    /// Whether the quota placed it before the other one in their pool.
    #[must_use]
    pub fn stands_before(&self, other: &Self) -> bool {
        self.county == other.county
            && self
                .standing
                .as_ref()
                .zip(other.standing.as_ref())
                .is_some_and(|(own, other)| own.pool == other.pool && own.place < other.place)
    }

    /// Waits at the place that the quota gave it, and only behind the places.
    ///
    /// # Errors
    /// `WAITING_RANK_DIFFERS`.
    pub fn waits_at(&self, rank: Option<i64>) -> Result<(), RatingError> {
        let given = self.standing.as_ref().map_or(0, |standing| standing.waiting());
        let same = rank.and_then(|rank| u64::try_from(rank).ok()) == Some(given);
        if given > 0 && same {
            Ok(())
        } else {
            Err(RatingError::WaitingRankDiffers(given))
        }
    }

    /// Is called up when one of the places is free for it and nobody before it waits any more. `before` are those with
    /// a better place in the same pool.
    ///
    /// # Errors
    /// `NO_PLACE_FREE`, `OTHERS_WAIT_BEFORE`.
    pub fn is_next<'a>(&self, before: impl IntoIterator<Item = &'a Self> + Clone) -> Result<(), RatingError> {
        if !self.is_within_quota(before.clone()) {
            return Err(RatingError::NoPlaceFree);
        }
        match before.into_iter().find(|other| other.case_state == WAITING) {
            Some(other) => Err(RatingError::OthersWaitBefore(other.branch)),
            None => Ok(()),
        }
    }
}
