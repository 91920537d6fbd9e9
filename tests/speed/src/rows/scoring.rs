//! P7: branches rated as the service rates them, each explained down to its canonical bytes, against loops written by
//! hand that keep a row for each item.

use std::{hint::black_box, time::Instant};

use kernel::Domain;
use rating::domain::{
    explanation::{Explanation, Fact, Rated, explain},
    indicator::Counts,
    rule::Purpose,
    source::Sources,
    template::FrozenTemplate,
};

use crate::{
    figure::{Figure, Goal, per_second},
    lab::{Lab, Trouble},
    limits::scoring::Table,
};

const DOMAIN: Domain = Domain::Rural;
const ROUNDS: usize = 41;

/// Runs it.
///
/// # Errors
/// When the two do not come to the same points.
pub fn run(lab: &Lab) -> Result<Vec<Figure>, Trouble> {
    let branches: usize = lab.size.of(3_000, 500);
    let indicators = FrozenTemplate::root().prepared(DOMAIN).indicators();
    let table = Table::read(Sources::ROOT.items, DOMAIN.code(), indicators)
        .ok_or_else(|| Trouble("the sheet of items is not read".into()))?;
    let packed = facts(branches, indicators)?;
    let told: Vec<Vec<Fact>> = packed
        .chunks_exact(indicators.len())
        .map(|counts| named(indicators, counts))
        .collect();
    let ours = || {
        let explained = told.iter().map(|facts| explained(facts));
        explained
            .map(|one| one.map(|one| one.canonical_bytes()))
            .collect::<Result<Vec<_>, _>>()
    };
    let limit = || {
        let (mut rows, mut totals) = (vec![(0, 0); branches * table.width()], vec![0; branches]);
        table.score(&packed, indicators.len(), &mut rows, &mut totals);
        (rows, totals)
    };
    let (rows, totals) = limit();
    for (branch, (rows, total)) in rows.chunks_exact(table.width()).zip(&totals).enumerate() {
        let explanation = explained(&told[branch])?;
        let by_hand = rows
            .iter()
            .map(|(offered, earned)| (i64::from(*offered), i64::from(*earned)));
        let items = explanation.items().map(|item| (item.offered.0, item.earned.0));
        if explanation.results.total_exact != *total || !items.eq(by_hand) {
            return Err(Trouble(format!("P7: branch {branch} has other points by hand")));
        }
    }
    ours()?;
    let items = (branches * table.width()) as u64;
    let rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|round| {
            if round % 2 == 0 {
                let first = timed(items, ours);
                (first, timed(items, limit))
            } else {
                let first = timed(items, limit);
                (timed(items, ours), first)
            }
        })
        .collect();
    let what = format!(
        "items scored a second, {branches} branches × {}, each explained",
        table.width()
    );
    Ok(vec![Figure::beside("P7", what, &rounds, Goal::least(0.5))])
}

fn explained(facts: &[Fact]) -> Result<Explanation, Trouble> {
    let rated = Rated {
        cycle: "2025".into(),
        branch: "branch".into(),
        domain: DOMAIN,
        purpose: Purpose::Rating,
    };
    let explained = explain(FrozenTemplate::root(), rated, facts, None);
    explained.map_err(|refused| Trouble(format!("P7: {refused}")))
}

fn timed<T>(items: u64, work: impl Fn() -> T) -> f64 {
    let begun = Instant::now();
    black_box(work());
    per_second(items, begun.elapsed())
}

/// The facts of a branch as they are frozen.
fn named(indicators: &[String], counts: &[(u64, u64)]) -> Vec<Fact> {
    let fact = |(indicator, (numerator, denominator)): (&String, &(u64, u64))| {
        let applicable = *denominator > 0;
        Fact {
            indicator: indicator.clone(),
            numerator: *numerator,
            denominator: *denominator,
            applicable,
            reason: if applicable {
                String::new()
            } else {
                "NOTHING_OWED".into()
            },
            evidence: vec![format!("{indicator}#1")],
            cursor: "source@7".into(),
        }
    };
    indicators.iter().zip(counts).map(fact).collect()
}

/// Facts as a year gives them, within the bounds of each indicator: mostly all done, some less, one in eight not
/// applicable.
fn facts(branches: usize, indicators: &[String]) -> Result<Vec<(u64, u64)>, Trouble> {
    let counts = |id: &String| FrozenTemplate::root().indicator(id).map(|one| one.counts);
    let counts: Option<Vec<Counts>> = indicators.iter().map(counts).collect();
    let counts = counts.ok_or_else(|| Trouble("an indicator outside the catalogue".into()))?;
    let mut state = 7u64;
    let mut next = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut one = |counts: &Counts| match (next(8), counts) {
        (0, _) => (0, 0),
        (1 | 2, Counts::Flag) => (0, 1),
        (_, Counts::Flag) => (1, 1),
        (1 | 2, Counts::Count) => (1 + next(3), 1),
        (_, Counts::Count) => (0, 1),
        (1 | 2, Counts::Share | Counts::Amount) => {
            let owed = 1 + next(60);
            (next(owed + 1), owed)
        }
        (_, Counts::Share | Counts::Amount) => {
            let owed = 1 + next(60);
            (owed, owed)
        }
    };
    Ok((0..branches)
        .flat_map(|_| counts.iter().map(&mut one).collect::<Vec<_>>())
        .collect())
}
