//! What the rows work with: a Postgres of their own, the program as it is, and the program with bugs planted.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::atomic::{AtomicU16, Ordering},
};

use kernel::planted::Bug;

use crate::postgres::Postgres;

/// The run itself is broken: nothing is said about the suite.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

impl Trouble {
    /// What was being done when it broke, and what was said.
    pub fn at(what: impl std::fmt::Display) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |error| Self(format!("{what}: {error}"))
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// At the size of the gate.
    Full,
    /// The same in small, for a look.
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
    /// The database server.
    pub postgres: Postgres,
    /// The program as it is.
    pub program: PathBuf,
    /// The program with bugs planted.
    pub planted: PathBuf,
    /// Where everything is written.
    pub folder: PathBuf,
}

impl Lab {
    /// The program for a run: with a bug, or as it is.
    #[must_use]
    pub fn program(&self, bug: Option<Bug>) -> &PathBuf {
        bug.map_or(&self.program, |_| &self.planted)
    }
}

/// Below the ports from which the system takes those of clients: what is killed must get its port again.
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
