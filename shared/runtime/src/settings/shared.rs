//! What all services of a process share.

use std::{fmt, path::PathBuf, time::Duration};

use kernel::{Clock, Instant};
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing_subscriber::filter::Targets;

use super::Keys;

/// What judges business dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSetting {
    /// The system's time.
    System,
    /// Stands still until it is advanced, from here or from now on: the demo and tests.
    Driven(Option<Instant>),
}

/// What happens with a database that may lose acknowledged writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is refused at start.
    Required,
    /// It will do: for tests.
    Test,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// Directives, such as `info,storage=debug`.
    pub level: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// Where telemetry is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpSettings {
    /// The collector's address.
    pub endpoint: String,
    /// Time between two deliveries of metrics.
    pub metrics_every: Duration,
}

/// The table `[shared]`.
#[derive(Clone)]
pub struct Shared {
    /// Folder for what is kept.
    pub data: PathBuf,
    /// Key folder.
    pub keys: PathBuf,
    /// Whether the key folder is the data folder's own, made at the first start.
    pub own_keys: bool,
    /// What judges business dates.
    pub clock: ClockSetting,
    /// Whether acknowledged writes may be lost.
    pub durability: Durability,
    /// Redis for wake-ups between processes.
    pub redis: Option<String>,
    /// Worker threads; 0 for one a core.
    pub workers: usize,
    /// Time that running requests are given at shutdown.
    pub drain: Duration,
    /// What is logged.
    pub log: LogSettings,
    /// Where telemetry is delivered; `None` for nowhere.
    pub otlp: Option<OtlpSettings>,
}

/// Without Redis's address, which may hold a password.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("data", &self.data)
            .field("clock", &self.clock)
            .field("durability", &self.durability)
            .field("redis", &self.redis.is_some())
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn read(keys: &mut Keys) -> Self {
        let data = PathBuf::from(keys.text("data"));
        let own = keys.optional("keys");
        let durability = [("required", Durability::Required), ("test", Durability::Test)];
        let format = [("human", LogFormat::Human), ("json", LogFormat::Json)];
        let metrics_every = keys.seconds("otlp.metrics_seconds", 1..=3600);
        Self {
            keys: own.as_ref().map_or_else(|| data.join("keys"), PathBuf::from),
            own_keys: own.is_none(),
            data,
            clock: clock(keys),
            durability: keys
                .one_of("durability", &durability)
                .unwrap_or(Durability::Required),
            redis: keys.optional("redis"),
            workers: keys.count("workers", 0..=1024),
            drain: keys.seconds("drain_seconds", 0..=3600),
            log: LogSettings {
                level: level(keys),
                format: keys.one_of("log.format", &format).unwrap_or(LogFormat::Human),
            },
            otlp: keys.optional("otlp.endpoint").map(|endpoint| OtlpSettings {
                endpoint,
                metrics_every,
            }),
        }
    }

    /// The business clock as set.
    #[must_use]
    pub fn business_clock(&self) -> Clock {
        match self.clock {
            ClockSetting::System => Clock::system(),
            ClockSetting::Driven(start) => Clock::driven(start.unwrap_or_else(kernel::clock::system_now)),
        }
    }
}

fn clock(keys: &mut Keys) -> ClockSetting {
    let start = keys.parsed(
        "clock_start",
        " 2025-01-01T00:00:00Z 这样的时刻，或留空",
        |text| {
            if text.is_empty() {
                Some(None)
            } else {
                text.parse::<Instant>().ok().map(Some)
            }
        },
    );
    let start = start.flatten();
    let words = [
        ("system", ClockSetting::System),
        ("driven", ClockSetting::Driven(start)),
    ];
    let clock = keys.one_of("clock", &words).unwrap_or(ClockSetting::System);
    if clock == ClockSetting::System && start.is_some() {
        keys.wrong("clock_start", "只有 driven 时钟可以设起始时刻");
    }
    clock
}

fn level(keys: &mut Keys) -> String {
    let wanted = format!(
        " info,storage=debug 这样的日志级别，级别为 {} 之一",
        levels().join("、")
    );
    let level = keys.parsed("log.level", &wanted, |text| {
        is_levels(text)
            .then(|| text.parse::<Targets>().ok())
            .flatten()
            .map(|_| text.to_owned())
    });
    level.unwrap_or_default()
}

/// The levels that this build can log.
fn levels() -> Vec<&'static str> {
    let all = ["off", "error", "warn", "info", "debug", "trace"];
    all.into_iter().filter(|level| is_levels(level)).collect()
}

/// Whether every directive names a level: a word that is none would be taken for a target, and silence everything else.
fn is_levels(text: &str) -> bool {
    text.split(',').all(|directive| {
        let level = directive
            .rsplit_once('=')
            .map_or(directive, |(_, level)| level)
            .trim();
        let parsed = level.parse::<LevelFilter>();
        !level.is_empty() && parsed.is_ok_and(|level| level <= STATIC_MAX_LEVEL)
    })
}
