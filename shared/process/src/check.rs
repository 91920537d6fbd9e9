//! Lints a file of definitions and plays worked cases against it: a province tries its changed procedure so
//! before it publishes it, and the tests call the same code.

mod expect;
mod play;
mod stage;
mod walk;

use std::fmt;

use kernel::Calendar;
pub use play::Difference;

use crate::{
    definition::{Broken, Definitions, SHIPPED},
    lint::{Mistake, lint},
};

/// The worked cases shipped with the suite.
pub const SHIPPED_WALKS: &str = include_str!("../data/walks.toml");

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// A file that cannot be read, with its kind: `definitions` or `walks`.
    pub broken: Vec<(&'static str, Broken)>,
    /// What is wrong with the definitions.
    pub mistakes: Vec<Mistake>,
    /// Where the engine and the worked cases differ.
    pub differences: Vec<Difference>,
    /// Versions of procedures read.
    pub versions: usize,
    /// Walks played.
    pub walks: usize,
    /// Events played.
    pub events: usize,
    /// Steps that no walk takes, as `procedure.step`: told, no difference.
    pub untried: Vec<String>,
}

impl Report {
    /// Whether everything can be read, nothing is wrong and nothing differs.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.mistakes.is_empty() && self.differences.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (file, broken) in &self.broken {
            writeln!(f, "{file}: {broken}")?;
        }
        for mistake in &self.mistakes {
            writeln!(f, "definitions: {mistake}")?;
        }
        for difference in &self.differences {
            writeln!(f, "walks: {difference}")?;
        }
        if !self.untried.is_empty() {
            writeln!(f, "steps that no walk takes: {}", self.untried.join(", "))?;
        }
        write!(
            f,
            "{} versions of procedures, {} mistakes; {} walks with {} events, {} differences",
            self.versions,
            self.mistakes.len() + self.broken.len(),
            self.walks,
            self.events,
            self.differences.len()
        )
    }
}

/// Checks definitions and walks, the shipped ones where none are given.
#[must_use]
pub fn run(definitions: Option<&str>, walks: Option<&str>, calendar: &Calendar) -> Report {
    let mut report = Report::default();
    let definitions = match Definitions::read(definitions.unwrap_or(SHIPPED)) {
        Ok(definitions) => definitions,
        Err(broken) => {
            report.broken.push(("definitions", broken));
            return report;
        }
    };
    report.versions = definitions.procedures().len();
    report.mistakes = lint(&definitions);
    match walk::read(walks.unwrap_or(SHIPPED_WALKS)) {
        Err(broken) => report.broken.push(("walks", broken)),
        Ok((file, places)) => {
            report.walks = file.walk.len();
            report.untried = play::untried(&definitions, &file).into_iter().collect();
            match play::play(&definitions, &file, &places, calendar) {
                Ok((differences, events)) => (report.differences, report.events) = (differences, events),
                Err(broken) => report.broken.push(("walks", broken)),
            }
        }
    }
    report
}

#[cfg(test)]
mod tests;
