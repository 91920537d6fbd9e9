//! Items of a template: what is asked for, by which indicator, for how many points (S-304).

use kernel::{BasisPoints, Milli};
use serde::{Deserialize, Serialize};

use super::codes::Domains;

/// The four kinds of S-304.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// 基础项: what was done of what was owed.
    Base,
    /// 加分项
    Plus,
    /// 减分项
    Minus,
    /// 评议项: marks of superiors, members and the masses.
    Review,
}

impl ItemKind {
    /// Reads the column `kind`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "base" => Some(Self::Base),
            "plus" => Some(Self::Plus),
            "minus" => Some(Self::Minus),
            "review" => Some(Self::Review),
            _ => None,
        }
    }
}

/// What becomes of the points of an item whose indicator is not applicable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotApplicable {
    /// They go to the other items of the sub-item, else of the dimension, else to the other dimensions.
    Redistribute,
    /// They are earned in full.
    Full,
    /// There are none to move: plus and minus.
    None,
}

impl NotApplicable {
    /// Reads the column `not_applicable`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "redistribute" => Some(Self::Redistribute),
            "full" => Some(Self::Full),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// How an item turns two numbers into points (rating.md, "How an item turns two numbers into points").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "method",
    content = "parameters",
    rename_all = "snake_case",
    deny_unknown_fields
)]
pub enum Method {
    /// offered × n / d, full at that share.
    Proportional {
        /// The share at which everything is earned, 1 to 10 000.
        full_at_bp: BasisPoints,
    },
    /// The part of the first step whose share is reached, else nothing.
    Ladder {
        /// Share reached and part of the points earned, both falling.
        steps: Vec<(BasisPoints, BasisPoints)>,
    },
    /// Everything if n ≥ d.
    YesNo {},
    /// `each` for one, at most `cap`.
    PerOccurrence {
        /// Thousandths for one.
        each: Milli,
        /// The most that the item gives or takes.
        cap: Milli,
    },
    /// offered × n / d; void when too few voted.
    Judged {
        /// The indicator of the turnout; none for marks that are resolved.
        turnout: Option<String>,
        /// The smallest turnout that counts.
        min_turnout_bp: BasisPoints,
        /// The smallest number of ballots that counts.
        min_ballots: u64,
    },
}

/// One item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// `dimension.sub_item.name` for base items, `kind.name` for the others.
    pub id: String,
    /// Code of its dimension; none for review items.
    pub dimension: Option<String>,
    /// Code of its sub-item; none for review items.
    pub sub_item: Option<String>,
    /// The kind.
    pub kind: ItemKind,
    /// Chinese name.
    pub name_zh: String,
    /// The indicator that it reads.
    pub indicator: String,
    /// How points are earned.
    pub method: Method,
    /// What it offers (base, review), or what one occurrence is worth (plus, minus), in thousandths.
    pub points: Milli,
    /// The most that it can ever give or take.
    pub cap: Milli,
    /// The domains in which it is asked for.
    pub domains: Domains,
    /// Whether a child template must keep it.
    pub mandatory: bool,
    /// What becomes of its points where it does not apply.
    pub not_applicable: NotApplicable,
    /// Tags for readers, as axis and code; they decide nothing.
    pub tags: Vec<(String, String)>,
    /// The norms that it follows from.
    pub norms: Vec<String>,
    /// The line of the file it was read from; 0 when it was not.
    #[serde(skip)]
    pub line: u64,
}
