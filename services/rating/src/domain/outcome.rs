//! What becomes of a branch in a cycle, from its frozen facts to its name (S-301, S-307…S-312, S-315).

use kernel::{
    Domain,
    id::{CaseId, CycleId, OrganizationId, RecordId},
};

use super::{cycle::NotRated, quota, results::Results};
use crate::error::RatingError;

/// How far the evaluation of a branch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its facts are not frozen.
    Waiting,
    /// Its facts are frozen and its base part is evaluated.
    Base,
    /// Evaluated with the review marks.
    Evaluated,
}

impl Stage {
    /// The word in the table.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Base => "base",
            Self::Evaluated => "evaluated",
        }
    }

    /// The stage of a word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Waiting, Self::Base, Self::Evaluated]
            .into_iter()
            .find(|stage| stage.code() == code)
    }
}

/// A branch in a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Names the record in the feed.
    pub id: RecordId,
    /// The cycle.
    pub cycle: CycleId,
    /// The branch.
    pub branch: OrganizationId,
    /// The county in whose pools it stands.
    pub county: OrganizationId,
    /// Its domain in the cycle; `None` when it is not rated.
    pub domain: Option<Domain>,
    /// Why it is not rated; empty when it is.
    pub not_rated: String,
    /// How far it is evaluated.
    pub stage: Stage,
    /// Sums, total and stars.
    pub results: Option<Results>,
    /// Hash of the explanation.
    pub explanation_hash: String,
    /// Hash of the explanation of the base part, against which nobody can overwrite a fact (S-308).
    pub prefilled_hash: String,
    /// Where it stands in its pool, once the quota ran.
    pub standing: Option<quota::Standing>,
    /// Whether the quota of its pool ran.
    pub placed: bool,
    /// Its case.
    pub case: Option<CaseId>,
    /// State of the case; empty before it was opened.
    pub case_state: String,
    /// Whether its committee has resolved, and the resolution stands.
    pub resolved: bool,
    /// Hash of the explanation that the resolution bound, while it stands; empty otherwise. The quota explains anew where
    /// the branch stands, and [`explanation_hash`](Self::explanation_hash) is another one from then on.
    pub resolved_hash: String,
    /// The star that the committee proposed; 0 before.
    pub proposed_star: u8,
    /// Open objections.
    pub objections: u32,
    /// The star that was decided or named; 0 before.
    pub star_decided: u8,
    /// The naming batch that holds its certificate for the decision that stands; an earlier one stays on record only.
    pub batch: Option<RecordId>,
    /// Rises with each change.
    pub version: u64,
}

/// What an entry in the history of a case says of the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The case.
    pub case: CaseId,
    /// State after it.
    pub state: String,
    /// The step that was taken for good; empty for any other entry.
    pub step: String,
    /// The star that the committee proposes, once it does.
    pub proposed_star: Option<u8>,
    /// Open objections after it.
    pub objections: u32,
}

/// Why a branch goes into rectification (S-315).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Two stars or fewer.
    Star(u8),
    /// A veto event, whatever the star.
    Veto,
}

/// States in which a case is over.
pub const ENDED: [&str; 2] = ["named", "not_rated"];
/// States in which the committee has still to resolve.
const UNRESOLVED: [&str; 3] = ["self_assessing", "submitted", "debriefed"];
/// Steps by which it resolves on an explanation.
const BINDING: [&str; 2] = ["resolve", "redecide"];
/// States from which a branch can be named, publicity being over (S-311).
const NAMEABLE: [&str; 2] = ["decided", "to_name"];
/// The state of a branch that was named.
const NAMED: &str = "named";
/// From here down a branch goes into rectification.
const LOW: u8 = 2;
/// The only star that a quota limits.
const FIVE: u8 = 5;

impl Outcome {
    /// A branch that takes part in a cycle: in a domain, or not rated for a reason.
    #[must_use]
    pub fn new(
        cycle: CycleId,
        branch: OrganizationId,
        county: OrganizationId,
        rated: Result<Domain, NotRated>,
    ) -> Self {
        Self {
            id: RecordId::new(),
            cycle,
            branch,
            county,
            domain: rated.ok(),
            not_rated: rated.err().map_or("", NotRated::code).to_owned(),
            stage: Stage::Waiting,
            results: None,
            explanation_hash: String::new(),
            prefilled_hash: String::new(),
            standing: None,
            placed: false,
            case: None,
            case_state: String::new(),
            resolved: false,
            resolved_hash: String::new(),
            proposed_star: 0,
            objections: 0,
            star_decided: 0,
            batch: None,
            version: 1,
        }
    }

    /// The base part is evaluated from frozen facts.
    #[must_use]
    pub fn prefilled(self, results: Results, hash: String) -> Self {
        let explanation_hash = hash.clone();
        let stage = Stage::Base;
        Self {
            stage,
            results: Some(results),
            explanation_hash,
            prefilled_hash: hash,
            ..self
        }
        .next()
    }

    /// Marks came, or came anew: what was evaluated with others is void.
    #[must_use]
    pub fn marked(self) -> Self {
        match self.stage {
            Stage::Evaluated => {
                let explanation_hash = self.prefilled_hash.clone();
                Self {
                    stage: Stage::Base,
                    explanation_hash,
                    ..self
                }
                .next()
            }
            Stage::Waiting | Stage::Base => self,
        }
    }

    /// Evaluated with the marks. The same again changes nothing.
    #[must_use]
    pub fn evaluated(self, results: Results, hash: String) -> Self {
        if self.stage == Stage::Evaluated && self.explanation_hash == hash {
            return self;
        }
        Self {
            stage: Stage::Evaluated,
            results: Some(results),
            explanation_hash: hash,
            ..self
        }
        .next()
    }

    /// The quota of its pool ran: candidates come with where they stand.
    #[must_use]
    pub fn placed(self, standing: Option<quota::Standing>, results: Results, hash: String) -> Self {
        Self {
            standing,
            placed: true,
            results: Some(results),
            explanation_hash: hash,
            ..self
        }
        .next()
    }

    /// An entry was appended to its case.
    #[must_use]
    pub fn after(self, taken: &Taken) -> Self {
        let unresolved = UNRESOLVED.contains(&taken.state.as_str());
        let proposed_star = if unresolved {
            0
        } else {
            taken.proposed_star.unwrap_or(0)
        };
        let star_decided = match taken.step.as_str() {
            "decide" | "name_local" | "name_five" => proposed_star,
            _ if unresolved => 0,
            _ => self.star_decided,
        };
        let resolved_hash = match taken.step.as_str() {
            step if BINDING.contains(&step) => self.explanation_hash.clone(),
            _ if unresolved => String::new(),
            _ => self.resolved_hash.clone(),
        };
        let stands = proposed_star == self.proposed_star
            && (NAMEABLE.contains(&taken.state.as_str()) || taken.state == NAMED);
        let excluded = taken.state == "not_rated" && self.not_rated.is_empty();
        Self {
            case: Some(taken.case),
            case_state: taken.state.clone(),
            not_rated: if excluded {
                "EXCLUDED".to_owned()
            } else {
                self.not_rated.clone()
            },
            resolved: !unresolved,
            resolved_hash,
            proposed_star,
            objections: taken.objections,
            star_decided,
            batch: self.batch.filter(|_| stands),
            ..self
        }
        .next()
    }

    /// Its certificate was signed in a batch, for the star that is decided. Nothing that the record tells changes.
    #[must_use]
    pub fn signed_in(self, batch: RecordId) -> Self {
        Self {
            batch: Some(batch),
            ..self
        }
    }

    fn next(self) -> Self {
        Self {
            version: self.version + 1,
            ..self
        }
    }

    /// Whether it counts among the rated branches of its pool.
    #[must_use]
    pub fn is_rated(&self) -> bool {
        self.not_rated.is_empty()
    }

    /// The full evaluation, with the review marks.
    #[must_use]
    pub fn evaluation(&self) -> Option<&Results> {
        self.results.as_ref().filter(|_| self.stage == Stage::Evaluated)
    }

    /// Whether the debrief was closed: marks stand fast from then on.
    #[must_use]
    pub fn is_debriefed(&self) -> bool {
        !["", "self_assessing", "submitted"].contains(&self.case_state.as_str())
    }

    /// Whether its publicity ended, so that it can be named (S-311).
    #[must_use]
    pub fn is_nameable(&self) -> bool {
        NAMEABLE.contains(&self.case_state.as_str())
    }

    /// Whether it was named.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.case_state == NAMED
    }

    /// Refuses whoever does not name it: five stars are the county's whose cycle it is, four and fewer also its superior
    /// committee's (S-309, S-310, S-311).
    pub fn named_by(
        &self,
        organization: OrganizationId,
        superior: Option<OrganizationId>,
    ) -> Result<(), RatingError> {
        match self.proposed_star {
            _ if organization == self.county => Ok(()),
            FIVE.. => Err(RatingError::StarAboveAuthority(self.branch)),
            _ if superior == Some(organization) => Ok(()),
            _ => Err(RatingError::NamedByOthers(self.branch)),
        }
    }

    /// The fact `star_fits_rule`: the committee proposes what thresholds, caps and vetoes allow, or less, on the
    /// very explanation that stands (S-307, S-309).
    #[must_use]
    pub fn star_fits(&self, proposed: i64, explanation: &str) -> bool {
        let most = self
            .evaluation()
            .map_or(0, |results| i64::from(results.star_vetoes));
        (1..=most).contains(&proposed) && explanation == self.explanation_hash
    }

    /// Whether it stands before others for a place, or has given its place up: proposed for less, decided for less,
    /// sent back by the county, closed without one.
    fn gave_way(&self) -> bool {
        self.resolved
            && (self.proposed_star < FIVE || ["returned", "not_rated"].contains(&self.case_state.as_str()))
    }

    /// The fact `within_quota`: its place, less the branches before it in the pool that gave way, is one of the
    /// places (S-312). `before` are those with a better place in the same pool.
    #[must_use]
    pub fn is_within_quota<'a>(&self, before: impl IntoIterator<Item = &'a Outcome>) -> bool {
        self.standing.as_ref().is_some_and(|standing| {
            let gave_way = before.into_iter().filter(|outcome| outcome.gave_way()).count() as u64;
            standing.place.saturating_sub(gave_way) <= standing.pool.places && self.meets_standard()
        })
    }

    fn meets_standard(&self) -> bool {
        self.evaluation()
            .is_some_and(|results| results.five_star_standard)
    }

    /// Why it goes into rectification once it is named so (S-315).
    #[must_use]
    pub fn rectification(&self) -> Option<Cause> {
        let veto = self
            .results
            .as_ref()
            .is_some_and(|results| results.opens_rectification);
        match self.star_decided {
            0 => None,
            star @ 1..=LOW => Some(Cause::Star(star)),
            _ => veto.then_some(Cause::Veto),
        }
    }
}

#[cfg(test)]
mod tests;
