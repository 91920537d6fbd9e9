//! Values of facts and evidence.

use std::collections::BTreeSet;

use kernel::{Day, id::PersonId};
use serde::{Deserialize, Serialize};

use crate::definition::{
    hex,
    tables::{EvidenceKind, FactKind},
};

/// A fact or the content of an evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Known not to be: no date of leaving, never expelled.
    Nothing,
    /// True or false.
    Flag(bool),
    /// A whole number; money in fen.
    Int(i64),
    /// A day.
    Date(Day),
    /// A code, or a reference to a document (its hash or external id, never the document).
    Text(String),
    /// Persons.
    People(Vec<PersonId>),
    /// Codes.
    Codes(Vec<String>),
}

impl Value {
    /// The number in it.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The flag in it.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The day in it.
    #[must_use]
    pub fn date(&self) -> Option<Day> {
        match self {
            Self::Date(day) => Some(*day),
            _ => None,
        }
    }

    /// The text in it.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// How many different entries the list has.
    #[must_use]
    pub fn distinct(&self) -> Option<i64> {
        let count = match self {
            Self::People(people) => people.iter().collect::<BTreeSet<_>>().len(),
            Self::Codes(codes) => codes.iter().collect::<BTreeSet<_>>().len(),
            _ => return None,
        };
        i64::try_from(count).ok()
    }

    /// Whether it may be the content of such an evidence.
    #[must_use]
    pub fn fits(&self, kind: EvidenceKind) -> bool {
        match kind {
            EvidenceKind::Doc | EvidenceKind::Minutes | EvidenceKind::Ref | EvidenceKind::Code => {
                self.text().is_some_and(|text| !text.is_empty())
            }
            EvidenceKind::People => matches!(self, Self::People(_)),
            EvidenceKind::Date => self.date().is_some(),
            EvidenceKind::Int => self.int().is_some(),
            EvidenceKind::Fen => self.int().is_some_and(|fen| fen >= 0),
        }
    }

    /// Whether it may be such a fact.
    #[must_use]
    pub fn is(&self, kind: FactKind) -> bool {
        match kind {
            FactKind::Flag => self.flag().is_some(),
            FactKind::Int => self.int().is_some(),
            FactKind::Date => matches!(self, Self::Date(_) | Self::Nothing),
            FactKind::People => matches!(self, Self::People(_)),
            FactKind::Codes => matches!(self, Self::Codes(_)),
        }
    }

    /// SM3 of the content, in hex: what an approval binds (X11).
    #[must_use]
    pub fn hash(&self) -> String {
        let written = serde_json::to_vec(self).unwrap_or_else(|e| unreachable!("a value is JSON: {e}"));
        hex(&seal::sm3(&written))
    }
}
