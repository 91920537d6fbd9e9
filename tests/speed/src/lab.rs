//! What the rows work with: the programs, a Postgres, a folder, and how much is to be done.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    str::FromStr,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use sqlx::{
    Connection,
    postgres::{PgConnectOptions, PgConnection},
};

use crate::rounds::Load;

/// The run itself is broken: nothing is said about the suite.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self(format!("Postgres: {error}"))
    }
}

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The shipped county, rounds of some seconds.
    Full,
    /// One town of it, short rounds.
    Quick,
}

impl Size {
    /// One of the two.
    pub fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// The place where the rows run.
pub struct Lab {
    /// The suite's program.
    pub program: PathBuf,
    /// The program of the limits.
    pub bare: PathBuf,
    /// Where everything is written.
    pub folder: PathBuf,
    /// A database of the server.
    pub postgres: String,
    /// How much is done.
    pub size: Size,
}

impl Lab {
    /// Rounds of this size; how many calls at once is the row's.
    #[must_use]
    pub fn load(&self) -> Load {
        Load {
            at_once: 1,
            lasting: self.size.of(Duration::from_secs(4), Duration::from_millis(700)),
            rounds: self.size.of(9, 5),
        }
    }

    /// Makes a database and says its URL.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn database(&self, name: &str) -> Result<String, Trouble> {
        let options = PgConnectOptions::from_str(&self.postgres)?;
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        let (server, _) = self.postgres.rsplit_once('/').unwrap_or_default();
        Ok(format!("{server}/{name}"))
    }
}

/// Below the ports from which the system takes those of clients.
const FIRST: u16 = 20_000;
const LAST: u16 = 30_000;

/// An address of this machine where nobody listens; never the same one twice.
///
/// # Errors
/// When all are taken.
pub fn free_address() -> Result<SocketAddr, Trouble> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 9_000).unwrap_or_default();
    for _ in FIRST..LAST {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start + step) % (LAST - FIRST);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(Trouble("no free port".into()))
}
