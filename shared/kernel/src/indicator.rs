//! The catalogue of indicators: what each service counts per branch and period, as two whole numbers. A branch
//! is rated from these alone (rating.md).

use std::{collections::HashMap, sync::LazyLock};

use crate::day::{Day, Period};

/// Reason of an indicator that its owner does not keep yet.
pub const NOT_KEPT_YET: &str = "NOT_KEPT_YET";
/// The most evidence references that one count carries; the rest is summed up.
pub const EVIDENCE_LIMIT: usize = 20;

/// The catalogue's text: `id,name_zh,owner,subject,period,numerator,denominator,counts,unit,applicable_when,…`. The
/// only one in the suite: services count by it, templates are rated by it.
pub const CATALOGUE_TEXT: &str = include_str!("../data/indicators.csv");

/// One line of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// `owner.noun.quality`.
    pub id: String,
    /// Chinese name.
    pub name_zh: String,
    /// The service that counts it.
    pub owner: String,
    /// What one of the counted things is.
    pub unit: String,
    /// Whether the denominator is the constant 1, so that the numerator may exceed it.
    pub constant: bool,
    /// Norms behind it.
    pub norms: Vec<String>,
}

/// The catalogue.
#[derive(Debug, Default)]
pub struct Catalogue {
    lines: Vec<Indicator>,
    by_id: HashMap<String, usize>,
}

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::read(CATALOGUE_TEXT).unwrap_or_else(|e| unreachable!("shipped catalogue: {e}"))
});

impl Catalogue {
    /// The catalogue shipped with the suite.
    #[must_use]
    pub fn shipped() -> &'static Catalogue {
        &SHIPPED
    }

    /// Reads a catalogue; the error names the line.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut catalogue = Self::default();
        for row in csv::Reader::from_reader(text.as_bytes()).records() {
            let row = row.map_err(|e| e.to_string())?;
            let cell = |k: usize| row.get(k).unwrap_or_default().to_owned();
            let id = cell(0);
            let line = row.position().map_or(0, csv::Position::line);
            if catalogue
                .by_id
                .insert(id.clone(), catalogue.lines.len())
                .is_some()
            {
                return Err(format!("line {line}: {id} stands twice"));
            }
            catalogue.lines.push(Indicator {
                id,
                name_zh: cell(1),
                owner: cell(2),
                constant: cell(6) == "The constant 1.",
                unit: cell(8),
                norms: cell(11).split(';').map(str::to_owned).collect(),
            });
        }
        Ok(catalogue)
    }

    /// The line of an indicator.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Indicator> {
        self.lines.get(*self.by_id.get(id)?)
    }

    /// The indicators of one service, in order.
    pub fn of_owner<'a>(&'a self, owner: &'a str) -> impl Iterator<Item = &'a Indicator> {
        self.lines.iter().filter(move |line| line.owner == owner)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Indicator> {
        self.lines.iter()
    }
}

/// For what an indicator is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The calendar year of the cycle; each branch clips it to its own existence.
    pub period: Period,
    /// The day on which facts are frozen: duties of the year done until then count.
    pub freeze_day: Day,
}

impl Span {
    /// The year for which what is owed once a year is counted: the latest whose last day lies in the period. Of twelve
    /// months that end on another day it is the year before, whose meetings can have been held. `None` when no year
    /// ends in the period.
    #[must_use]
    pub fn closing_year(self) -> Option<Period> {
        self.period.years_ending().last()
    }
}

/// One indicator of one branch and period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Count {
    /// What was done of what was owed; the denominator is at least 1.
    Applies {
        /// What was done.
        numerator: i64,
        /// What was owed.
        denominator: i64,
        /// What it refers to: ids and counts, never contents.
        evidence: Vec<String>,
    },
    /// Nothing was owed: not applicable is not zero (principle 9).
    NotApplicable {
        /// Why, a code.
        reason: &'static str,
    },
}

impl Count {
    /// So much of so much; not applicable with the reason when nothing was owed.
    #[must_use]
    pub fn of(numerator: i64, denominator: i64, reason: &'static str, evidence: Vec<String>) -> Self {
        if denominator < 1 {
            return Self::NotApplicable { reason };
        }
        Self::Applies {
            numerator,
            denominator,
            evidence: shorten(evidence),
        }
    }

    /// So many, over the constant 1.
    #[must_use]
    pub fn number(numerator: i64, evidence: Vec<String>) -> Self {
        Self::Applies {
            numerator,
            denominator: 1,
            evidence: shorten(evidence),
        }
    }

    /// Nothing was owed.
    #[must_use]
    pub fn none(reason: &'static str) -> Self {
        Self::NotApplicable { reason }
    }
}

fn shorten(mut evidence: Vec<String>) -> Vec<String> {
    if evidence.len() > EVIDENCE_LIMIT {
        let more = evidence.len() - (EVIDENCE_LIMIT - 1);
        evidence.truncate(EVIDENCE_LIMIT - 1);
        evidence.push(format!("+{more}"));
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_has_eighty_indicators_of_five_owners() {
        let catalogue = Catalogue::shipped();
        assert_eq!(catalogue.iter().count(), 80);
        for owner in ["organization", "member", "activity", "rating", "resource"] {
            assert!(
                catalogue.of_owner(owner).all(|line| line.id.starts_with(owner)),
                "{owner}"
            );
        }
        assert!(
            catalogue
                .get("member.count.full")
                .is_some_and(|line| line.constant)
        );
    }

    #[test]
    fn nothing_owed_is_not_applicable_and_not_zero() {
        assert_eq!(
            Count::of(0, 0, "NO_TICKET_DUE", vec![]),
            Count::none("NO_TICKET_DUE")
        );
        assert_eq!(
            Count::of(0, 3, "NO_TICKET_DUE", vec![]),
            Count::Applies {
                numerator: 0,
                denominator: 3,
                evidence: vec![]
            }
        );
    }

    #[test]
    fn long_evidence_is_summed_up() {
        let Count::Applies { evidence, .. } = Count::number(30, (0..30).map(|n| n.to_string()).collect())
        else {
            panic!("applies")
        };
        assert_eq!(
            (evidence.len(), evidence.last().map(String::as_str)),
            (20, Some("+11"))
        );
    }
}
