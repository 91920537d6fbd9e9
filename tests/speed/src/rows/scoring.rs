//! P7: branches scored by the one evaluator that the service has, which keeps a row for each item, against loops written
//! by hand that keep one too. What the rest of an explanation takes, norms, evidence and canonical bytes, has no bare
//! limit and goes to stderr.

use std::{hint::black_box, time::Instant};

use kernel::Domain;
use rating::domain::{
    earn::Count,
    explanation::{Explanation, Fact, Rated, explain},
    indicator::Counts,
    rule::Purpose,
    score::{Row, Score},
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
    let prepared = FrozenTemplate::root().prepared(DOMAIN);
    let counts: Vec<Count> = packed.iter().map(|(done, owed)| count(*done, *owed)).collect();
    let ours = || {
        let mut rows = vec![Row::default(); branches * table.width()];
        let each = counts
            .chunks_exact(indicators.len())
            .zip(rows.chunks_exact_mut(table.width()));
        let scores: Vec<Score> = each
            .map(|(counts, rows)| prepared.score(Purpose::Rating, counts, rows))
            .collect();
        (rows, scores)
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
    let begun = Instant::now();
    for facts in &told {
        black_box(explained(facts)?.canonical_bytes());
    }
    let all = per_second(branches as u64, begun.elapsed());
    eprintln!("    P7: {all:.0} branches explained a second, down to canonical bytes");
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
        "items scored a second, {branches} branches × {}, a row kept for each",
        table.width()
    );
    Ok(vec![Figure::beside("P7", what, &rounds, Goal::least(0.5))])
}

fn count(numerator: u64, denominator: u64) -> Count {
    Count {
        numerator,
        denominator,
    }
}

fn explained(facts: &[Fact]) -> Result<Explanation<'_>, Trouble> {
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
