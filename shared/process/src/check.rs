//! Lints a file of definitions and plays worked cases against it: a province tries its changed procedure so
//! before it publishes it, and the tests call the same code.

mod expect;
mod file;
mod play;
mod stage;
mod walk;

use std::fmt;

use kernel::Calendar;
pub use play::Difference;

use crate::{
    definition::{Broken, Definitions, Place, SHIPPED},
    lint::{Mistake, Weight, lint},
};

/// The worked cases shipped with the suite.
pub const SHIPPED_WALKS: &str = include_str!("../data/walks.toml");

const DEFINITIONS: &str = "definitions";
const WALKS: &str = "walks";

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// A file that cannot be read, with its kind: `definitions` or `walks`.
    pub broken: Vec<(&'static str, Broken)>,
    /// What is wrong with the definitions, errors and warnings.
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
    /// Whether everything can be read, there is no error and nothing differs; warnings there may be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.of(Weight::Error) == 0 && self.differences.is_empty()
    }

    /// How many mistakes weigh so.
    #[must_use]
    pub fn of(&self, weight: Weight) -> usize {
        self.mistakes
            .iter()
            .filter(|mistake| mistake.weight == weight)
            .count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (file, broken) in &self.broken {
            writeln!(f, "{} {broken}", name_zh(file))?;
        }
        for mistake in &self.mistakes {
            writeln!(f, "{} {mistake}", name_zh(DEFINITIONS))?;
        }
        for difference in &self.differences {
            writeln!(f, "{} {difference}", name_zh(WALKS))?;
        }
        if !self.untried.is_empty() {
            writeln!(f, "例案没有走到的步骤：{}", self.untried.join("、"))?;
        }
        write!(
            f,
            "规程版本 {} 个，错误 {} 处，注意 {} 处；例案 {} 件、事项 {} 项，不符 {} 处",
            self.versions,
            self.of(Weight::Error) + self.broken.len(),
            self.of(Weight::Warning),
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
            report.broken.push((DEFINITIONS, broken));
            return report;
        }
    };
    if definitions.procedures().len() == 0 {
        report.broken.push((DEFINITIONS, empty("规程（[[procedure]]）")));
        return report;
    }
    report.versions = definitions.procedures().len();
    report.mistakes = lint(&definitions);
    match walk::read(walks.unwrap_or(SHIPPED_WALKS)) {
        Err(broken) => report.broken.push((WALKS, broken)),
        Ok((file, _)) if file.walk.is_empty() => report.broken.push((WALKS, empty("例案（[[walk]]）"))),
        Ok((file, places)) => {
            report.walks = file.walk.len();
            report.untried = file::untried(&definitions, &file).into_iter().collect();
            let played = play::play(&definitions, &file, &places, calendar);
            (report.differences, report.events) = (played.differences, played.events);
            report
                .broken
                .extend(played.broken.into_iter().map(|broken| (WALKS, broken)));
        }
    }
    report
}

/// A file that says nothing: whoever named it meant another one.
fn empty(what: &str) -> Broken {
    Broken {
        place: Place {
            line: None,
            what: "整个文件".to_owned(),
        },
        what: format!("其中没有任何{what}"),
    }
}

fn name_zh(file: &str) -> &'static str {
    match file {
        DEFINITIONS => "规程定义",
        _ => "例案",
    }
}

#[cfg(test)]
mod tests;
