//! The change feed (X7): every committed event once, dense, in the order of commit, resumable at any position.
//!
//! On Postgres a unit of work leaves its events in the outbox, and one pass at a time ([`advance`]), whichever
//! replica makes it, gives them their positions. Ordering by an id that is handed out before the commit would
//! lose events, and ordering by transaction ids misorders and stalls (reliability.md finding 9). SQLite's one
//! writer gives positions itself.
//!
//! [`run`] goes in every process that has the store; [`watch`] and [`snapshot`] answer
//! `zhibu.feed.v1.FeedService`; [`positions`] answers `zhibu.clock.v1`.

mod log;
mod sequence;
mod serve;
pub(crate) mod wake;

use std::{collections::BTreeMap, future::Future, time::Duration};

use kernel::{RpcError, clock::system_now};
use tokio::sync::watch as bell;

use crate::{connection::Reading, consumer::cursor, fault::fault, keys, store::Store};

pub use sequence::advance;
pub use serve::{snapshot, watch};

/// Without a wake-up one looks so often: for what other replicas committed, or left behind.
const POLL: Duration = Duration::from_millis(200);
/// The least time between two passes, so that one pass takes many commits together.
const GAP: Duration = Duration::from_millis(10);
/// How long one waits after a pass that failed.
const PAUSE: Duration = Duration::from_secs(1);
/// How often forgotten keys are swept, and how old they are then.
const SWEEP: Duration = Duration::from_secs(3600);
const KEYS_KEPT: chrono::Duration = chrono::Duration::days(14);

/// Keeps the feed going until `shutdown`: passes what was committed on, wakes watchers, forgets old keys.
pub async fn run(store: Store, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    let mut sweep = tokio::time::interval(SWEEP);
    let mut pause = GAP;
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            _ = sweep.tick() => sweep_keys(&store).await,
            () = store.inner.wake.wait(POLL) => {}
        }
        pause = match advance(&store).await {
            Ok(_) => GAP,
            Err(error) => {
                tracing::warn!(service = store.service(), %error, "the feed stands still");
                pause.max(PAUSE)
            }
        };
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn sweep_keys(store: &Store) {
    match keys::sweep(&store.inner.db, system_now() - KEYS_KEPT).await {
        Ok(0) => {}
        Ok(swept) => tracing::info!(service = store.service(), swept, "old keys forgotten"),
        Err(error) => tracing::warn!(service = store.service(), %error, "old keys not forgotten"),
    }
}

/// The head of the feed as it moves in this process: for whoever tells other processes.
#[must_use]
pub fn head(store: &Store) -> bell::Receiver<u64> {
    store.inner.wake.head()
}

/// Another process says that there is more: [`run`] looks at once instead of a little later.
pub fn nudge(store: &Store) {
    store.inner.wake.committed();
}

/// How far a service's feed is, and how far it has applied the feeds of others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Positions {
    /// The last position of its own feed.
    pub head: u64,
    /// Rows committed and not yet in the feed.
    pub pending: u64,
    /// The position applied of each service whose feed it reads.
    pub cursors: BTreeMap<String, u64>,
}

/// The last position of the feed that a reading sees. In a [`snapshot`](Store::snapshot) every row of that position
/// and before is seen with it, and none of a later one.
pub async fn position(read: &impl Reading) -> Result<u64, RpcError> {
    log::head(read.db()).await.map_err(fault)
}

/// The positions of this service.
pub async fn positions(store: &Store) -> Result<Positions, RpcError> {
    let db = &store.inner.db;
    let pending = if store.postgres() {
        log::pending(db).await.map_err(fault)?
    } else {
        0
    };
    Ok(Positions {
        head: log::head(db).await.map_err(fault)?,
        pending,
        cursors: cursor::all(db).await.map_err(fault)?,
    })
}
