//! Procedures as data: read from TOML, versions filled in from their base, each with the hash of its
//! canonical form (process.md parts 1 and 5).

pub mod place;
mod read;
pub mod schema;
pub mod tables;
pub mod uses;
pub mod words;

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use kernel::Day;
pub use place::{Place, Places};
pub(crate) use read::days;
pub use schema::Procedure;
use serde::Serialize;
pub use tables::Tables;

/// The definitions shipped with the suite.
pub const SHIPPED: &str = include_str!("../data/processes.toml");

static DEFINITIONS: LazyLock<Definitions> =
    LazyLock::new(|| Definitions::read(SHIPPED).unwrap_or_else(|e| unreachable!("shipped definitions: {e}")));

/// A file of definitions that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}：{what}")]
pub struct Broken {
    /// Where.
    pub place: Place,
    /// What is wrong there.
    pub what: String,
}

/// All procedures of a file with their shared tables.
#[derive(Debug, Clone)]
pub struct Definitions {
    /// The shared tables.
    pub tables: Tables,
    procedures: Vec<Procedure>,
    places: Places,
}

impl Definitions {
    /// The definitions shipped with the suite.
    #[must_use]
    pub fn shipped() -> &'static Definitions {
        &DEFINITIONS
    }

    /// Reads a file. What can be read may still be wrong: see [`crate::lint::lint`].
    pub fn read(text: &str) -> Result<Self, Broken> {
        let (tables, procedures, places) = read::read(text)?;
        Ok(Self {
            tables,
            procedures,
            places,
        })
    }

    /// Every version of every procedure in the order of the file.
    pub fn procedures(&self) -> impl ExactSizeIterator<Item = &Procedure> {
        self.procedures.iter()
    }

    /// The version in force on the day.
    #[must_use]
    pub fn in_force(&self, id: &str, day: Day) -> Option<&Procedure> {
        self.procedures.iter().find(|p| p.id == id && p.in_force(day))
    }

    /// A version by its name.
    #[must_use]
    pub fn version(&self, id: &str, version: &str) -> Option<&Procedure> {
        self.procedures
            .iter()
            .find(|p| p.id == id && p.version == version)
    }

    /// The versions of a procedure, the earliest first.
    #[must_use]
    pub fn versions(&self, id: &str) -> Vec<&Procedure> {
        let mut all: Vec<&Procedure> = self.procedures.iter().filter(|p| p.id == id).collect();
        all.sort_by_key(|p| p.effective_from);
        all
    }

    /// The state of an earlier version in the words of a later one: through every `map` between them.
    #[must_use]
    pub fn mapped(&self, procedure: &str, state: &str, from: &str, to: &str) -> String {
        let versions = self.versions(procedure);
        let at = |version: &str| versions.iter().position(|p| p.version == version);
        let (Some(from), Some(to)) = (at(from), at(to)) else {
            return state.to_owned();
        };
        versions
            .iter()
            .take(to + 1)
            .skip(from + 1)
            .fold(state.to_owned(), |state, version| {
                version.map.get(&state).cloned().unwrap_or(state)
            })
    }

    /// The group in which the subject of the procedure may have one open case.
    #[must_use]
    pub fn group(&self, procedure: &str) -> Option<&str> {
        self.procedures
            .iter()
            .find(|p| p.id == procedure)?
            .exclusive
            .as_deref()
    }

    /// The Chinese text of a refusal or finding; the code itself when it has none.
    #[must_use]
    pub fn text<'a>(&'a self, code: &'a str) -> &'a str {
        self.tables.code.get(code).map_or(code, String::as_str)
    }

    /// Where something of a procedure stands.
    #[must_use]
    pub fn place(&self, procedure: &Procedure, path: &[&str], what: impl fmt::Display) -> Place {
        Place {
            line: self.line(procedure, path),
            what: format!("{}, {what}", procedure.title()),
        }
    }

    /// The line of a path of the version, in its base where it was written there.
    fn line(&self, procedure: &Procedure, path: &[&str]) -> Option<usize> {
        let index = self.position(procedure)?.to_string();
        let full: Vec<&str> = ["procedure", &index]
            .into_iter()
            .chain(path.iter().copied())
            .collect();
        let base = procedure
            .base
            .as_ref()
            .and_then(|base| self.version(&procedure.id, base));
        match base {
            // What names a state, a step or an objection: its table and its id.
            Some(base) if path.len() > 1 && !self.places.has(&full[..4]) => self.line(base, path),
            _ => self.places.line(&full),
        }
    }

    /// Where an entry of a shared table stands.
    #[must_use]
    pub fn table_place(&self, table: &str, key: &str) -> Place {
        Place {
            line: self.places.line(&[table, key]),
            what: format!("{table} {key}"),
        }
    }

    fn position(&self, procedure: &Procedure) -> Option<usize> {
        self.procedures
            .iter()
            .position(|p| p.id == procedure.id && p.version == procedure.version)
    }

    /// The canonical form of a version: the version whole, with what it uses of the shared tables, as JSON
    /// with sorted keys. The same definition gives the same bytes, whatever its file looks like.
    #[must_use]
    pub fn canonical(&self, procedure: &Procedure) -> String {
        let uses = uses::of(self, procedure);
        let form = Canonical {
            procedure,
            code: pick(&self.tables.code, &uses.code),
            evidence: pick(&self.tables.evidence, &uses.evidence),
            fact: pick(&self.tables.fact, &uses.fact),
            list: pick(&self.tables.list, &uses.list),
            param: pick(&self.tables.param, &uses.param),
            predicate: pick(&self.tables.predicate, &uses.predicate),
            vote: pick(&self.tables.vote, &uses.vote),
        };
        serde_json::to_string(&form).unwrap_or_else(|e| unreachable!("a definition is JSON: {e}"))
    }

    /// SM3 of the canonical form, in hex: a published version is known by it.
    #[must_use]
    pub fn hash(&self, procedure: &Procedure) -> String {
        hex(&seal::sm3(self.canonical(procedure).as_bytes()))
    }
}

#[derive(Serialize)]
struct Canonical<'a> {
    procedure: &'a Procedure,
    code: BTreeMap<&'a str, &'a String>,
    evidence: BTreeMap<&'a str, &'a tables::Evidence>,
    fact: BTreeMap<&'a str, &'a tables::Fact>,
    list: BTreeMap<&'a str, &'a BTreeMap<String, String>>,
    param: BTreeMap<&'a str, &'a tables::Parameter>,
    predicate: BTreeMap<&'a str, &'a tables::PredicateEntry>,
    vote: BTreeMap<&'a str, &'a tables::VoteRule>,
}

fn pick<'a, T>(
    table: &'a BTreeMap<String, T>,
    used: &std::collections::BTreeSet<String>,
) -> BTreeMap<&'a str, &'a T> {
    table
        .iter()
        .filter(|(key, _)| used.contains(*key))
        .map(|(key, value)| (key.as_str(), value))
        .collect()
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
