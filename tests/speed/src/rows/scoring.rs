//! P7: branches scored exactly, with a row kept for each item, against loops written by hand.

use std::{hint::black_box, time::Instant};

use kernel::Domain;
use rating::domain::{
    earn::Count, packed::PackedFacts, rule::Purpose, source::Sources, template::FrozenTemplate,
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
    let branches: usize = lab.size.of(30_000, 5_000);
    let prepared = FrozenTemplate::root().prepared(DOMAIN);
    let indicators = prepared.indicators();
    let table = Table::read(Sources::ROOT.items, DOMAIN.code(), indicators)
        .ok_or_else(|| Trouble("the sheet of items is not read".into()))?;
    let facts = facts(branches * indicators.len());
    let mut packed = PackedFacts::for_branches(prepared, branches);
    for branch in facts.chunks_exact(indicators.len()) {
        let counts = branch.iter().map(|(numerator, denominator)| Count {
            numerator: *numerator,
            denominator: *denominator,
        });
        packed.push(&counts.collect::<Vec<_>>());
    }
    let ours = || prepared.score_all(Purpose::Rating, &packed);
    let limit = || {
        let (mut rows, mut totals) = (vec![(0, 0); branches * table.width()], vec![0; branches]);
        table.score(&facts, indicators.len(), &mut rows, &mut totals);
        (rows, totals)
    };
    let (scores, (rows, totals)) = (ours(), limit());
    for (branch, (rows, total)) in rows.chunks_exact(table.width()).zip(&totals).enumerate() {
        let same = scores.scores[branch].total_exact == *total
            && scores
                .rows(branch)
                .iter()
                .map(|row| (row.offered, row.earned))
                .eq(rows.iter().copied());
        if !same {
            return Err(Trouble(format!("P7: branch {branch} has other points by hand")));
        }
    }
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
        "items scored a second, {branches} branches × {}, rows kept",
        table.width()
    );
    Ok(vec![Figure::beside("P7", what, &rounds, Goal::least(0.5))])
}

fn timed<T>(items: u64, work: impl Fn() -> T) -> f64 {
    let begun = Instant::now();
    black_box(work());
    per_second(items, begun.elapsed())
}

/// Facts as a year gives them: mostly all done, some less, one in eight not applicable.
fn facts(count: usize) -> Vec<(u64, u64)> {
    let mut state = 7u64;
    let mut next = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut one = || match next(8) {
        0 => (0, 0),
        1 | 2 => {
            let owed = 1 + next(60);
            (next(owed + 1), owed)
        }
        _ => {
            let owed = 1 + next(60);
            (owed, owed)
        }
    };
    (0..count).map(|_| one()).collect()
}
