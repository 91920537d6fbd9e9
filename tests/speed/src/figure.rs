//! Figures: what was measured, beside its limit, against its goal.
#![expect(
    clippy::float_arithmetic,
    reason = "figures are looked at and decide nothing in the suite"
)]

use serde::Serialize;

/// What a figure must reach.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Goal {
    /// `>=` or `<=`.
    pub op: &'static str,
    /// Of the ratio where there is a limit, of the figure itself where there is none.
    pub value: f64,
}

impl Goal {
    /// At least so much.
    #[must_use]
    pub const fn least(value: f64) -> Self {
        Self { op: ">=", value }
    }

    /// At most so much.
    #[must_use]
    pub const fn most(value: f64) -> Self {
        Self { op: "<=", value }
    }

    fn holds(self, value: f64) -> bool {
        match self.op {
            ">=" => value >= self.value,
            _ => value <= self.value,
        }
    }
}

/// One line of the result.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Its row in the goals.
    pub id: &'static str,
    /// What was measured, with its unit.
    pub what: String,
    /// The suite.
    pub ours: f64,
    /// The bare program; none where the goal is a number.
    pub limit: Option<f64>,
    /// Ours by limit: the median over the rounds.
    pub ratio: Option<f64>,
    /// What must be reached.
    pub goal: Goal,
    /// Whether it is.
    pub holds: bool,
}

impl Figure {
    /// A figure whose goal is a number.
    #[must_use]
    pub fn alone(id: &'static str, what: impl Into<String>, ours: f64, goal: Goal) -> Self {
        Self {
            id,
            what: what.into(),
            ours: rounded(ours),
            limit: None,
            ratio: None,
            goal,
            holds: goal.holds(ours),
        }
    }

    /// A figure beside its limit, from rounds that were taken in turn; its spread goes to stderr.
    #[must_use]
    pub fn beside(id: &'static str, what: impl Into<String>, rounds: &[(f64, f64)], goal: Goal) -> Self {
        let what = what.into();
        let ratios: Vec<f64> = rounds.iter().map(|(ours, limit)| ours / limit).collect();
        let (least, most) = ratios.iter().fold((f64::MAX, 0.0f64), |(least, most), one| {
            (least.min(*one), most.max(*one))
        });
        let ratio = median(ratios.iter().copied());
        let ours = median(rounds.iter().map(|(ours, _)| *ours));
        let limit = median(rounds.iter().map(|(_, limit)| *limit));
        eprintln!(
            "    {what}: {} against {}, ratio {ratio:.2} ({least:.2} to {most:.2} in {} rounds)",
            shown(ours),
            shown(limit),
            rounds.len()
        );
        Self {
            id,
            what,
            ours: rounded(ours),
            limit: Some(rounded(limit)),
            ratio: Some(rounded(ratio)),
            goal,
            holds: goal.holds(ratio),
        }
    }

    /// The ratio, or the figure itself where it stands alone.
    #[must_use]
    pub fn judged(&self) -> f64 {
        self.ratio.unwrap_or(self.ours)
    }
}

/// The middle one; of an even number the upper one.
#[must_use]
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// How many a second.
#[must_use]
pub fn per_second(count: u64, lasted: std::time::Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
    let count = count as f64;
    count / lasted.as_secs_f64()
}

/// Thousandths of a second as such.
#[must_use]
pub fn millis(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Mebibytes.
#[must_use]
pub fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
    let bytes = bytes as f64;
    bytes / 1_048_576.0
}

fn rounded(value: f64) -> f64 {
    let digits = if value.abs() >= 100.0 { 1.0 } else { 1000.0 };
    (value * digits).round() / digits
}

fn shown(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.3}"),
    }
}

/// The table of all figures.
#[must_use]
pub fn table(figures: &[Figure]) -> String {
    let mut text = format!(
        "{:<4} {:>9} {:>9} {:>6} {:>8}  {:<5}  what\n",
        "row", "ours", "limit", "ratio", "goal", "holds"
    );
    for one in figures {
        let or_none = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), shown);
        let ratio = one
            .ratio
            .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        text += &format!(
            "{:<4} {:>9} {:>9} {:>6} {:>8}  {:<5}  {}\n",
            one.id,
            shown(one.ours),
            or_none(one.limit),
            ratio,
            format!("{} {}", one.goal.op, one.goal.value),
            if one.holds { "yes" } else { "NO" },
            one.what
        );
    }
    text
}
