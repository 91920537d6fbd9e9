//! What every service has, and the way to its own keys.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::Path, sync::Arc};

use super::{Durability, Keys, Leaf, Problems, Shared};
use crate::{admission::Admitted, server::Limits};

/// The services that a service may name as its peers.
const PEERS: [&str; 5] = ["organization", "member", "activity", "rating", "resource"];

/// Where the facts of a service lie.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// `postgres://…` or `sqlite:…`. May hold a password.
    pub url: String,
    /// Connections kept.
    pub pool: u32,
    /// Whether a database that may lose acknowledged writes is refused.
    pub durability: Durability,
}

impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.url.split(':').next().unwrap_or_default();
        write!(
            f,
            "Database({scheme}:…, pool {}, {:?})",
            self.pool, self.durability
        )
    }
}

/// The table of one service.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// The service.
    pub name: String,
    /// Where calls are answered.
    pub listen: SocketAddr,
    /// Where health, reflection and the driven clock are.
    pub admin_listen: SocketAddr,
    /// Where its facts lie.
    pub database: DatabaseSettings,
    /// Addresses of the other services, by name.
    pub peers: BTreeMap<String, Vec<http::Uri>>,
    /// Limits of the server.
    pub limits: Limits,
    /// Limits of the work taken on.
    pub admitted: Admitted,
    leaves: Arc<BTreeMap<String, Leaf>>,
}

impl ServiceSettings {
    pub(super) fn read(name: &str, shared: &Shared, keys: &mut Keys) -> Self {
        Self {
            name: name.to_owned(),
            listen: keys.address("listen"),
            admin_listen: keys.address("admin_listen"),
            database: database(name, shared, keys),
            peers: PEERS
                .iter()
                .map(|peer| ((*peer).to_owned(), addresses(peer, keys)))
                .collect(),
            limits: limits(shared, keys),
            admitted: Admitted {
                concurrent: keys.count("limits.concurrent", 1..=100_000),
                queue: keys.count("limits.queue", 0..=100_000),
                watchers: keys.count("limits.watchers", 0..=100_000),
            },
            leaves: keys.leaves(),
        }
    }

    /// Whether its facts lie in a file of the data folder.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.database.url.starts_with("sqlite:")
    }

    /// Reads the service's own keys.
    /// Fails with all of them that are out of range.
    pub fn own<T>(&self, read: impl FnOnce(&mut Keys) -> T) -> Result<T, Problems> {
        let mut keys = Keys::new(&self.name, self.leaves.clone());
        let value = read(&mut keys);
        keys.finish(value)
    }
}

/// The URL of a service's own file in a data folder, whatever characters the folder's name has.
#[must_use]
pub fn sqlite_file(data: &Path, service: &str) -> String {
    let file = data.join(format!("{service}.sqlite"));
    let file = file.display().to_string();
    let escaped = file.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{escaped}?mode=rwc")
}

fn database(name: &str, shared: &Shared, keys: &mut Keys) -> DatabaseSettings {
    let url = keys.parsed(
        "database.url",
        " postgres://… 或 sqlite:…，或留空",
        |url| {
            let known = ["postgres://", "postgresql://", "sqlite:"]
                .iter()
                .any(|scheme| url.starts_with(scheme));
            (url.is_empty() || known).then(|| url.to_owned())
        },
    );
    let file = || sqlite_file(&shared.data, name);
    DatabaseSettings {
        url: url.filter(|url| !url.is_empty()).unwrap_or_else(file),
        pool: u32::try_from(keys.count("database.pool", 1..=200)).unwrap_or(1),
        durability: shared.durability,
    }
}

fn addresses(peer: &str, keys: &mut Keys) -> Vec<http::Uri> {
    let key = format!("peers.{peer}");
    let mut addresses = Vec::new();
    for text in keys.texts(&key) {
        match text.parse::<http::Uri>() {
            Ok(uri) if uri.scheme_str() == Some("http") && uri.port_u16().is_some() => addresses.push(uri),
            _ => keys.wrong(&key, format!("{text:?} 不是 http://{peer}:50051 这样的地址")),
        }
    }
    addresses
}

fn limits(shared: &Shared, keys: &mut Keys) -> Limits {
    let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Limits {
        connections: keys.count("limits.connections", 1..=1_000_000),
        connections_per_source: keys.count("limits.connections_per_source", 0..=1_000_000),
        streams: narrow(keys.count("limits.streams", 1..=10_000)),
        resets: keys.count("limits.resets", 1..=10_000),
        header_bytes: narrow(keys.count("limits.header_bytes", 1024..=1_048_576)),
        opening: keys.millis("limits.opening_ms", 10..=60_000),
        idle: keys.millis("limits.idle_ms", 10..=600_000),
        keep_alive: keys.millis("limits.keep_alive_ms", 10..=3_600_000),
        keep_alive_answer: keys.millis("limits.keep_alive_answer_ms", 10..=600_000),
        age: keys.seconds("limits.age_seconds", 1..=86_400),
        age_grace: keys.seconds("limits.age_grace_seconds", 0..=86_400),
        control_frames: narrow(keys.count("limits.control_frames", 10..=1_000_000)),
        drain: shared.drain,
        http1: false,
    }
}
