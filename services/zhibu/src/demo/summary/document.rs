//! The summary as one JSON document.

use std::collections::BTreeMap;

use kernel::Domain;
use serde::Serialize;

use super::{Defect, Explained, Summary};

/// The document of `--json`.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    county: Place<'a>,
    organizations: usize,
    branches: usize,
    members: u32,
    meetings: usize,
    stars: BTreeMap<usize, usize>,
    not_rated: &'a BTreeMap<String, u32>,
    five_star_named: usize,
    blocked: usize,
    rectification_cases: usize,
    bookings: Bookings,
    defects: Defects<'a>,
    explanations: Vec<Explanation<'a>>,
    stages: Vec<Stage<'a>>,
    api: &'a str,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    code: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct Bookings {
    confirmed: usize,
    refused: usize,
}

#[derive(Debug, Serialize)]
struct Defects<'a> {
    injected: &'a [Defect],
    found: &'a [Defect],
}

#[derive(Debug, Serialize)]
struct Stage<'a> {
    name: &'a str,
    seconds: f64,
}

/// One branch, with its results under the names of the worked cases.
#[derive(Debug, Serialize)]
struct Explanation<'a> {
    branch: &'a str,
    name: &'a str,
    domain: &'static str,
    facts: Vec<Fact<'a>>,
    items: Vec<Item<'a>>,
    base: i64,
    plus_raw: i64,
    plus: i64,
    minus: i64,
    scored: i64,
    review: i64,
    total_exact: i64,
    total: i64,
    star_threshold: u32,
    star_caps: u32,
    star_vetoes: u32,
    star: u32,
    rules: &'a [String],
    waiting: u32,
}

#[derive(Debug, Serialize)]
struct Fact<'a> {
    indicator: &'a str,
    numerator: i64,
    denominator: i64,
    applicable: bool,
    reason: &'a str,
    evidence: &'a [String],
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    item: &'a str,
    offered: i64,
    earned: i64,
}

impl<'a> Document<'a> {
    /// The document of a summary.
    #[must_use]
    pub fn of(summary: &'a Summary) -> Self {
        let stage = |(name, took): &'a (String, std::time::Duration)| Stage {
            name,
            seconds: std::time::Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
                .as_secs_f64(),
        };
        Self {
            county: Place {
                code: &summary.county.0,
                name: &summary.county.1,
            },
            organizations: summary.organizations,
            branches: summary.branches,
            members: summary.members,
            meetings: summary.meetings,
            stars: (1..).zip(summary.stars).collect(),
            not_rated: &summary.not_rated,
            five_star_named: summary.five_star_named,
            blocked: summary.blocked,
            rectification_cases: summary.rectification_cases,
            bookings: Bookings {
                confirmed: summary.bookings.0,
                refused: summary.bookings.1,
            },
            defects: Defects {
                injected: &summary.injected,
                found: &summary.found,
            },
            explanations: summary.explanations.iter().filter_map(explanation).collect(),
            stages: summary.stages.iter().map(stage).collect(),
            api: &summary.api,
        }
    }
}

fn explanation(one: &Explained) -> Option<Explanation<'_>> {
    let score = one.answer.result.as_ref()?;
    let facts = one.answer.facts.iter().map(|fact| Fact {
        indicator: &fact.indicator,
        numerator: fact.numerator,
        denominator: fact.denominator,
        applicable: fact.applicable,
        reason: &fact.reason,
        evidence: &fact.evidence,
    });
    let items = one.answer.items.iter().map(|item| Item {
        item: &item.item,
        offered: item.offered,
        earned: item.earned,
    });
    Some(Explanation {
        branch: &one.branch,
        name: &one.name,
        domain: Domain::code(one.domain),
        facts: facts.collect(),
        items: items.collect(),
        base: score.base,
        plus_raw: score.plus_raw,
        plus: score.plus,
        minus: score.minus,
        scored: score.scored,
        review: score.review,
        total_exact: score.total_exact,
        total: score.total,
        star_threshold: score.star_threshold,
        star_caps: score.star_caps,
        star_vetoes: score.star_vetoes,
        star: score.star,
        rules: &score.rules,
        waiting: score.waiting,
    })
}

#[cfg(test)]
mod tests;
