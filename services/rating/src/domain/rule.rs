//! Rules of a template: weights, thresholds, caps, vetoes, quota, tie order (S-305…S-307, S-312).

use kernel::{BasisPoints, Milli};
use serde::{Deserialize, Serialize};

use super::{codes::Domains, condition::Condition};

/// Why a branch is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The rating of a cycle.
    Rating,
    /// To leave rectification, which the open case itself must not prevent (S-315).
    RectificationExit,
}

/// The kinds of rule, in the order in which they apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Weights of base and review part, and of the dimensions.
    Weight,
    /// The star that a total reaches.
    Threshold,
    /// The most that plus items, the scored part or the star may be.
    Cap,
    /// A major event that keeps the star down whatever the total (S-306).
    Veto,
    /// How many of a pool may have five stars (S-312).
    Quota,
    /// The order in which a quota's places are given.
    Tie,
}

impl RuleKind {
    /// Reads the column `kind`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "weight" => Some(Self::Weight),
            "threshold" => Some(Self::Threshold),
            "cap" => Some(Self::Cap),
            "veto" => Some(Self::Veto),
            "quota" => Some(Self::Quota),
            "tie" => Some(Self::Tie),
            _ => None,
        }
    }
}

/// What a pool is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolOf {
    /// The rated branches of one county and one domain.
    CountyDomain,
}

/// How a share of a pool becomes whole places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Down.
    Floor,
}

/// What becomes of pools without a place of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyPools {
    /// They share one pool.
    Merge,
}

/// What the places of a pool are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    /// The exact total.
    TotalExact,
    /// The sum of minus items.
    Minus,
    /// The published draw (X14).
    Draw,
}

/// Where the seed of a draw comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedFrom {
    /// Its digest is published before the population is known, the seed after.
    CommitThenReveal,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "effect",
    content = "parameters",
    rename_all = "snake_case",
    deny_unknown_fields
)]
pub enum Effect {
    /// Weight of the scored part.
    WeightOfScored {
        /// The weight.
        bp: BasisPoints,
        /// The least that a child may set.
        min_bp: BasisPoints,
        /// The most that a child may set.
        max_bp: BasisPoints,
    },
    /// Weight of the review part.
    WeightOfReview {
        /// The weight.
        bp: BasisPoints,
        /// The least that a child may set.
        min_bp: BasisPoints,
        /// The most that a child may set.
        max_bp: BasisPoints,
    },
    /// Points of the dimension that the rule's id names.
    DimensionPoints {
        /// The points.
        points: Milli,
        /// The least that a child may set.
        min: Milli,
        /// The most that a child may set.
        max: Milli,
    },
    /// This star is reached.
    Star {
        /// 1 to 5.
        star: u8,
    },
    /// The sum of plus items counts at most so much.
    PlusAtMost {
        /// Thousandths.
        points: Milli,
    },
    /// The scored part is clamped.
    ScoredBetween {
        /// Lower end.
        min: Milli,
        /// Upper end.
        max: Milli,
    },
    /// The star is at most this.
    StarAtMost {
        /// 1 to 5.
        star: u8,
        /// The evaluation that leaves the rule out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        except: Option<Purpose>,
        /// Whether it opens a rectification case whatever the star (S-315).
        #[serde(default)]
        open_rectification: bool,
    },
    /// Beyond a share of the pool the star is at most `beyond`.
    StarAtMostBeyondQuota {
        /// The share of the pool that gets a place.
        share_bp: BasisPoints,
        /// What a pool is.
        pool: PoolOf,
        /// How the share is rounded.
        rounding: Rounding,
        /// What becomes of pools without a place.
        empty_pools: EmptyPools,
        /// The star beyond the places.
        beyond: u8,
    },
    /// One step of the order in a pool.
    Order {
        /// 1 is looked at first.
        rank: u8,
        /// What is compared.
        by: OrderBy,
        /// Whether more comes first; none for a draw.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        higher_first: Option<bool>,
        /// Where the seed comes from; for a draw only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<SeedFrom>,
    },
}

/// One rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule {
    /// `kind.name`, unique.
    pub id: String,
    /// The kind.
    pub kind: RuleKind,
    /// The domains in which it applies.
    pub domains: Domains,
    /// When it fires.
    pub condition: Condition,
    /// What it does then.
    pub effect: Effect,
    /// The norms that it follows from.
    pub norms: Vec<String>,
    /// The line of the file it was read from; 0 when it was not.
    #[serde(skip)]
    pub line: u64,
}
