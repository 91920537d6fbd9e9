//! Conditions of rules: `always`, or clauses joined by ` and `, on indicators, dimensions, total or star.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How a clause compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

impl Comparison {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Below, "<"),
        (Self::AtMost, "<="),
        (Self::Equal, "=="),
        (Self::AtLeast, ">="),
        (Self::Above, ">"),
    ];

    /// Whether `left` stands so to `right`.
    #[must_use]
    pub fn holds<T: Ord>(self, left: T, right: T) -> bool {
        match self {
            Self::Below => left < right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::AtLeast => left >= right,
            Self::Above => left > right,
        }
    }
}

/// What a clause looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The numerator of an indicator.
    Numerator(String),
    /// The denominator of an indicator.
    Denominator(String),
    /// The share of an indicator in basis points, compared without division.
    Ratio(String),
    /// The smallest earned ÷ offered of the base items of a dimension, in basis points.
    LowestDimension,
    /// The exact total, against thousandths of a point. Thresholds only.
    Total,
    /// The star so far. Quota only.
    Star,
}

impl Subject {
    /// The indicator that it reads.
    #[must_use]
    pub fn indicator(&self) -> Option<&str> {
        match self {
            Self::Numerator(id) | Self::Denominator(id) | Self::Ratio(id) => Some(id),
            Self::LowestDimension | Self::Total | Self::Star => None,
        }
    }
}

/// One comparison. A clause on an indicator that is not applicable is false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What is looked at.
    pub subject: Subject,
    /// How it is compared.
    pub comparison: Comparison,
    /// Against which whole number.
    pub limit: u64,
}

/// All clauses hold; `always` has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition(pub Vec<Clause>);

impl Condition {
    /// Whether it has no clause.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Condition {
    type Err = String;

    /// Reads a condition; the error quotes the part that is not understood.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "always" {
            return Ok(Self(Vec::new()));
        }
        text.split(" and ")
            .map(clause)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn clause(text: &str) -> Result<Clause, String> {
    let wrong = || format!("`{}`", text.trim());
    let words: Vec<&str> = text.split_whitespace().collect();
    let [subject, comparison, limit] = words[..] else {
        return Err(wrong());
    };
    let (comparison, _) = Comparison::ALL
        .into_iter()
        .find(|(_, sign)| *sign == comparison)
        .ok_or_else(wrong)?;
    Ok(Clause {
        subject: self::subject(subject).ok_or_else(wrong)?,
        comparison,
        limit: limit.parse().map_err(|_| wrong())?,
    })
}

fn subject(text: &str) -> Option<Subject> {
    match text {
        "total" => return Some(Subject::Total),
        "star" => return Some(Subject::Star),
        "lowest(dimension)" => return Some(Subject::LowestDimension),
        _ => {}
    }
    let (function, rest) = text.split_once('(')?;
    let id = rest.strip_suffix(')').filter(|id| !id.is_empty())?.to_owned();
    match function {
        "numerator" => Some(Subject::Numerator(id)),
        "denominator" => Some(Subject::Denominator(id)),
        "ratio" => Some(Subject::Ratio(id)),
        _ => None,
    }
}

impl TryFrom<String> for Condition {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.to_string()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_always() {
            return f.write_str("always");
        }
        for (index, clause) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { " and " })?;
            clause.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Numerator(id) => write!(f, "numerator({id})")?,
            Subject::Denominator(id) => write!(f, "denominator({id})")?,
            Subject::Ratio(id) => write!(f, "ratio({id})")?,
            Subject::LowestDimension => f.write_str("lowest(dimension)")?,
            Subject::Total => f.write_str("total")?,
            Subject::Star => f.write_str("star")?,
        }
        let sign = Comparison::ALL
            .into_iter()
            .find(|(known, _)| *known == self.comparison);
        write!(f, " {} {}", sign.map_or("", |(_, sign)| sign), self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_reads_and_prints_the_same() {
        for text in [
            "always",
            "total >= 90000",
            "star == 5",
            "lowest(dimension) < 6000",
            "numerator(a.b) >= 5 and ratio(a.b) > 5000 and denominator(c.d) <= 7",
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_understood_is_quoted() {
        for (text, part) in [
            ("", "``"),
            ("total => 5", "`total => 5`"),
            ("star == 5 or total > 1", "`star == 5 or total > 1`"),
            ("numerator(a.b) >= 1 and mean(x) < 2", "`mean(x) < 2`"),
            ("ratio() < 1", "`ratio() < 1`"),
            ("ratio(a) < -1", "`ratio(a) < -1`"),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap_err(), part);
        }
    }
}
