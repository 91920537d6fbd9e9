//! Bugs that can be planted, so that a fault run can show that it finds them.
//!
//! A check that never failed proves nothing. Each row of `tests/faults` therefore runs twice: against the suite as
//! it is, and against one in which its bug is planted, which it must find. A bug is an `if` at the place where the
//! real one would be. It needs the feature `planted`, which only `tests/faults` turns on, for a program that it keeps
//! apart, and the variable `ZHIBU_PLANTED`, which names one bug. Without the feature every `if` is `false` when
//! the program is compiled.

/// A bug, by the row of the scorecard that must find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// D1, by kills of the database: a commit is acknowledged before it is on the disk.
    LazyCommit,
    /// D1, by kills of the service: a write is acknowledged before it is committed.
    EarlyAnswer,
    /// D2: a unit of work runs inside its request and is torn when the caller goes away.
    Unshielded,
    /// D5: the feed's positions are the ids of the outbox, which are handed out before the commit.
    OutboxIds,
    /// A1: one RPC forgets to look at where the caller holds his role.
    OpenCell,
    /// H1: a connection may open and reset streams without end.
    RapidResets,
    /// H2: a connection may make the server reset streams without end, as with the stock builder.
    ServerResets,
    /// H3: a connection may open streams without end, as with the stock builder.
    StreamHoard,
    /// V3: the end of a process waits for nobody.
    NoDrain,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::LazyCommit,
        Self::EarlyAnswer,
        Self::Unshielded,
        Self::OutboxIds,
        Self::OpenCell,
        Self::RapidResets,
        Self::ServerResets,
        Self::StreamHoard,
        Self::NoDrain,
    ];

    /// Its name in `ZHIBU_PLANTED`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LazyCommit => "lazy_commit",
            Self::EarlyAnswer => "early_answer",
            Self::Unshielded => "unshielded",
            Self::OutboxIds => "outbox_ids",
            Self::OpenCell => "open_cell",
            Self::RapidResets => "rapid_resets",
            Self::ServerResets => "server_resets",
            Self::StreamHoard => "stream_hoard",
            Self::NoDrain => "no_drain",
        }
    }

    /// Whether it is planted in this process.
    #[cfg(not(feature = "planted"))]
    #[inline]
    #[must_use]
    pub const fn planted(self) -> bool {
        false
    }

    /// Whether it is planted in this process.
    #[cfg(feature = "planted")]
    #[must_use]
    pub fn planted(self) -> bool {
        chosen() == Some(self)
    }
}

#[cfg(feature = "planted")]
#[expect(
    clippy::disallowed_methods,
    reason = "no setting: it exists only in the program that has bugs planted"
)]
fn chosen() -> Option<Bug> {
    static CHOSEN: std::sync::LazyLock<Option<Bug>> = std::sync::LazyLock::new(|| {
        let name = std::env::var("ZHIBU_PLANTED").ok()?;
        let bug = Bug::ALL.into_iter().find(|bug| bug.name() == name);
        Some(bug.unwrap_or_else(|| panic!("ZHIBU_PLANTED: {name:?} is no bug of ours")))
    });
    *CHOSEN
}
