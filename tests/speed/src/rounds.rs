//! Load in rounds, ours and the limit in turn, so that whatever else the machine does falls on both.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;

use crate::{
    figure::{median, millis, per_second},
    lab::Trouble,
};

/// One side of a comparison: does the work of the `n`th call.
pub type Side = Arc<dyn Fn(u64) -> BoxFuture<'static, Result<(), Trouble>> + Send + Sync>;

/// How much load, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Calls at the same time.
    pub at_once: u64,
    /// How long a round takes.
    pub lasting: Duration,
    /// Rounds of each side.
    pub rounds: usize,
}

/// One round of one side.
#[derive(Debug)]
pub struct Round {
    /// Calls answered a second.
    pub per_second: f64,
    /// Milliseconds in which 99 of 100 were answered.
    pub p99: f64,
}

/// The rounds of both sides, pair by pair: ours and the limit.
#[derive(Debug)]
pub struct Rounds(pub Vec<(Round, Round)>);

impl Rounds {
    /// How many a second, pair by pair.
    #[must_use]
    pub fn rates(&self) -> Vec<(f64, f64)> {
        self.pairs(|round| round.per_second)
    }

    /// How long 99 of 100 took, pair by pair.
    #[must_use]
    pub fn p99s(&self) -> Vec<(f64, f64)> {
        self.pairs(|round| round.p99)
    }

    fn pairs(&self, of: fn(&Round) -> f64) -> Vec<(f64, f64)> {
        self.0.iter().map(|(ours, limit)| (of(ours), of(limit))).collect()
    }
}

/// Loads both sides in turn, each first in every other pair, after a short round of each that does not count.
///
/// # Errors
/// With the first call that fails.
pub async fn in_turn(load: Load, ours: Side, limit: Side) -> Result<Rounds, Trouble> {
    let warm = Load {
        lasting: load.lasting / 3,
        ..load
    };
    round(warm, &ours).await?;
    round(warm, &limit).await?;
    let mut pairs = Vec::new();
    for number in 0..load.rounds {
        let pair = if number % 2 == 0 {
            let first = round(load, &ours).await?;
            (first, round(load, &limit).await?)
        } else {
            let first = round(load, &limit).await?;
            (round(load, &ours).await?, first)
        };
        pairs.push(pair);
    }
    Ok(Rounds(pairs))
}

async fn round(load: Load, side: &Side) -> Result<Round, Trouble> {
    let begun = Instant::now();
    let workers = (0..load.at_once).map(|worker| {
        let side = side.clone();
        tokio::spawn(async move {
            let (mut took, mut n) = (Vec::with_capacity(4096), worker);
            while begun.elapsed() < load.lasting {
                let asked = Instant::now();
                side(n).await?;
                took.push(asked.elapsed());
                n += load.at_once;
            }
            Ok::<_, Trouble>(took)
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut took = Vec::new();
    for worker in workers {
        let done = worker.await.map_err(|error| Trouble(error.to_string()))?;
        took.extend(done?);
    }
    let lasted = begun.elapsed();
    took.sort_unstable();
    let p99 = took.get(took.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Round {
        per_second: per_second(took.len() as u64, lasted),
        p99: millis(p99),
    })
}

/// The middle of some times, in milliseconds.
#[must_use]
pub fn middle(times: &[Duration]) -> f64 {
    median(times.iter().map(|time| millis(*time)))
}
