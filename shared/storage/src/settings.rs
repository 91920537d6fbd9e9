//! Which database, how many connections, how durable; and why a store does not start.

use std::fmt;

use serde::Deserialize;

/// The longest name that Postgres keeps.
const NAME: usize = 63;

/// Where a service keeps its facts.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `postgres://…` or `sqlite:PATH`.
    pub url: String,
    /// The schema on Postgres, when several services share one URL; lower-case letters, digits and `_`.
    #[serde(default)]
    pub schema: Option<String>,
    /// Connections at most; 1 to 100.
    #[serde(default = "pool")]
    pub pool: u32,
    /// Whether an acknowledged write must survive a crash.
    #[serde(default)]
    pub durability: Durability,
}

fn pool() -> u32 {
    8
}

/// Whether an acknowledged write must survive a crash of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Checked at start; a database that would lose acknowledged writes is refused.
    #[default]
    Required,
    /// For tests.
    Test,
}

/// Why a store does not open or a database is not migrated: one clear line each.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings cannot be right.
    #[error("database settings: {0}")]
    Settings(String),
    /// The database does not answer or refuses us.
    #[error("database of {service}: {source}")]
    Database {
        /// The service.
        service: &'static str,
        /// What the database says.
        source: sea_orm::DbErr,
    },
    /// The database would lose acknowledged writes.
    #[error("database of {service} is not durable: {found} (durability = \"test\" allows it)")]
    NotDurable {
        /// The service.
        service: &'static str,
        /// The setting found.
        found: String,
    },
    /// What lies in the database was kept with another key than the one of the key folder.
    #[error("database of {service} was kept with another {file} than the one of the key folder")]
    OtherKey {
        /// The service.
        service: &'static str,
        /// The key's file.
        file: String,
    },
    /// What lies in the database was kept with a key that the key folder has no more.
    #[error("database of {service} was kept with {file}, which is missing from the key folder")]
    KeyGone {
        /// The service.
        service: &'static str,
        /// The key's file.
        file: String,
    },
    /// A key that every database needs is not in the key folder.
    #[error("database of {service}: {source}")]
    Key {
        /// The service.
        service: &'static str,
        /// Which one.
        source: seal::SealError,
    },
    /// The schema is older than this program.
    #[error("schema of {service} lacks {missing}: run `zhibu migrate {service}` first")]
    Older {
        /// The service.
        service: &'static str,
        /// The first migration that is missing.
        missing: String,
    },
    /// The schema is newer than this program.
    #[error("schema of {service} has {unknown}, which this program does not know: run a newer program")]
    Newer {
        /// The service.
        service: &'static str,
        /// The migration that is unknown.
        unknown: String,
    },
    /// A migration failed; nothing of it stays.
    #[error("migration {name} of {service}: {source}")]
    Migration {
        /// The service.
        service: &'static str,
        /// The migration.
        name: String,
        /// What the database says.
        source: sea_orm::DbErr,
    },
    /// The organizations in the database cannot be read.
    #[error("organization scope of {service}: {reason}")]
    Scope {
        /// The service.
        service: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Settings {
    /// Whether the database is Postgres; SQLite otherwise.
    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres://") || self.url.starts_with("postgresql://")
    }

    pub(crate) fn check(&self) -> Result<(), StartError> {
        let wrong = |what: &str| Err(StartError::Settings(what.to_owned()));
        if !self.is_postgres() && !self.url.starts_with("sqlite:") {
            return wrong("url must start with postgres:// or sqlite:");
        }
        if !(1..=100).contains(&self.pool) {
            return wrong("pool must be 1 to 100");
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        match &self.schema {
            Some(name) if name.is_empty() || name.len() > NAME || !name.chars().all(plain) => {
                wrong("schema must be lower-case letters, digits and _")
            }
            _ => Ok(()),
        }
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = if self.is_postgres() { "postgres" } else { "sqlite" };
        f.debug_struct("Settings")
            .field("database", &database)
            .field("schema", &self.schema)
            .field("pool", &self.pool)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}
