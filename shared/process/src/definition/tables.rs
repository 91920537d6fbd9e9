//! The tables that all procedures share: parameters, codes, facts, evidence, predicates, votes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::words::Number;

/// All shared tables.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tables {
    /// Parameters that a region may set.
    #[serde(default)]
    pub param: BTreeMap<String, Parameter>,
    /// Roles with their Chinese names.
    #[serde(default)]
    pub role: BTreeMap<String, String>,
    /// Relations with their Chinese names.
    #[serde(default)]
    pub relation: BTreeMap<String, String>,
    /// Code lists: causes, grounds, purposes.
    #[serde(default)]
    pub list: BTreeMap<String, BTreeMap<String, String>>,
    /// What a publicity page may show.
    #[serde(default)]
    pub public: Public,
    /// Vote rules.
    #[serde(default)]
    pub vote: BTreeMap<String, VoteRule>,
    /// Predicates.
    #[serde(default)]
    pub predicate: BTreeMap<String, PredicateEntry>,
    /// Facts that owners supply.
    #[serde(default)]
    pub fact: BTreeMap<String, Fact>,
    /// Evidence that steps want.
    #[serde(default)]
    pub evidence: BTreeMap<String, Evidence>,
    /// Every refusal and finding with its Chinese text.
    #[serde(default)]
    pub code: BTreeMap<String, String>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Chinese name.
    pub name_zh: String,
    /// `working_days`, `months`, `flag`, `code`, `count`, `fen`, `basis_points`, `days`, `years`.
    pub unit: String,
    /// The shipped value.
    pub default: Setting,
    /// Least value.
    pub min: Option<i64>,
    /// Greatest value.
    pub max: Option<i64>,
    /// The values of a code.
    #[serde(default)]
    pub values: Vec<String>,
    /// Lowest level that may set it.
    pub set_by: String,
    /// Its norms.
    #[serde(default)]
    pub norms: Vec<String>,
}

impl Parameter {
    /// Whether a region may set this value.
    #[must_use]
    pub fn allows(&self, value: &Setting) -> bool {
        match value {
            Setting::Int(n) => {
                self.values.is_empty()
                    && self.min.is_none_or(|min| min <= *n)
                    && self.max.is_none_or(|max| *n <= max)
            }
            Setting::Code(code) => self.values.contains(code),
        }
    }
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// A whole number in the parameter's unit.
    Int(i64),
    /// One of its codes.
    Code(String),
}

/// What a publicity page may show (N-26).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Public {
    /// The fields.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// A vote rule (process.md part 4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoteRule {
    /// Chinese name.
    pub name_zh: String,
    /// Present over entitled.
    pub quorum: Option<Share>,
    /// Votes over the base.
    pub pass: Option<Share>,
    /// The base: `entitled`, `present`, or a parameter with one of these.
    pub of: Option<String>,
    /// Written opinions count as votes, not as presence.
    #[serde(default)]
    pub written: bool,
    /// By secret ballot.
    #[serde(default)]
    pub secret: bool,
    /// People are elected.
    #[serde(default)]
    pub election: bool,
    /// Between those with equal votes.
    #[serde(default)]
    pub runoff: bool,
    /// The rule where a committee exists.
    pub with_committee: Option<String>,
    /// The rule where none exists.
    pub without_committee: Option<String>,
    /// Its norms.
    #[serde(default)]
    pub norms: Vec<String>,
}

/// A share: numerator, denominator, and how the bound itself counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share(pub i64, pub i64, pub Compare);

/// Whether the bound itself is enough.
#[derive(Debug, Clone, PartialEq)]
pub enum Compare {
    /// `ge`, 以上: the bound itself is enough.
    AtLeast,
    /// `gt`, 超过: it is not.
    MoreThan,
    /// A flag: 0 is `ge`, 1 is `gt`.
    Flag(Number),
}

impl Serialize for Compare {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AtLeast => to.serialize_str("ge"),
            Self::MoreThan => to.serialize_str("gt"),
            Self::Flag(number) => number.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Compare {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        match text.as_str() {
            "ge" => Ok(Self::AtLeast),
            "gt" => Ok(Self::MoreThan),
            _ => text
                .parse()
                .map(Self::Flag)
                .map_err(|_| serde::de::Error::custom(format!("{text:?} 应写作 ge、gt 或 $参数名"))),
        }
    }
}

/// A predicate as the file declares it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredicateEntry {
    /// Argument → its kind.
    pub params: BTreeMap<String, ArgumentKind>,
    /// Arguments that may be left out.
    #[serde(default)]
    pub optional: Vec<String>,
    /// The service that knows its facts.
    pub owner: String,
    /// The code when it does not hold.
    pub reason: String,
    /// When it holds, in Chinese.
    pub means: String,
}

/// Kind of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArgumentKind {
    /// A whole number or a parameter.
    Int,
    /// A fact or an evidence.
    Item,
    /// A code list.
    List,
    /// A step.
    Step,
    /// A procedure.
    Procedure,
    /// A literal.
    Value,
}

/// A fact that its owner supplies before judging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Chinese name.
    pub name_zh: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: FactKind,
    /// The service that supplies it.
    pub owner: String,
    /// The code when a condition on it does not hold.
    pub reason: String,
}

/// Type of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// True or false.
    Flag,
    /// A whole number.
    Int,
    /// A day.
    Date,
    /// Persons.
    People,
    /// Codes.
    Codes,
}

/// An evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Chinese name.
    pub name_zh: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: EvidenceKind,
    /// The service that keeps it; the procedure's owner when absent.
    pub owner: Option<String>,
}

/// Type of an evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A document.
    Doc,
    /// A meeting's record or resolution, kept by activity.
    Minutes,
    /// A record kept elsewhere.
    Ref,
    /// Persons.
    People,
    /// A day.
    Date,
    /// A whole number.
    Int,
    /// Money in fen.
    Fen,
    /// A code.
    Code,
}
