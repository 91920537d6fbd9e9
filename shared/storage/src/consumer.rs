//! Follows the feed of another service into projections of our own.
//!
//! Every replica follows; whoever moves the cursor first applies, in the same transaction, so that each event has
//! its effect once. The others see the cursor moved and take the events into memory alone, which therefore
//! is never ahead of their own database.

pub(crate) mod cursor;
mod organizations;
mod source;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use kernel::RpcError;
use proto::feed::v1::{Event, SnapshotResponse, WatchResponse, feed_service_client::FeedServiceClient};
use sea_orm::ConnectionTrait;
use tokio::{
    sync::{Mutex, watch},
    time::Instant,
};
use tonic::Streaming;

use crate::{connection::Read, fault::fault, store::Store, tx::Tx};

pub use organizations::{Organizations, node};
use source::Source;
pub use source::Transport;

/// The least and the longest wait before the stream is opened again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What is kept of another service's records.
#[async_trait]
pub trait Projection: Send + Sync {
    /// The kinds of events wanted, such as `organization.post`.
    fn kinds(&self) -> &'static [&'static str];

    /// Applies events of these kinds, in order of position, in the transaction that moves the cursor. A record may
    /// occur several times. Each event is applied once; yet let an older version never replace a newer one.
    /// After an error nothing of the events stays, and they come again.
    async fn apply(&self, tx: &Tx, events: &[&Event]) -> Result<(), RpcError>;

    /// Takes events into memory, after they are in the database; on every replica. They may come again.
    fn remember(&self, _events: &[&Event]) {}

    /// Reads memory anew from our own database: after a snapshot was applied by any replica.
    async fn recall(&self, _read: &Read) -> Result<(), RpcError> {
        Ok(())
    }
}

/// Follows one service's feed. Cheap to clone; clones are one consumer.
#[derive(Clone)]
pub struct Consumer {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    source: Source,
    projections: Vec<Box<dyn Projection>>,
    /// The position that memory has reached.
    reached: AtomicU64,
    /// One message at a time is applied.
    turn: Mutex<()>,
    /// When the last pull that ended had begun.
    pulled: Mutex<Option<Instant>>,
    ready: watch::Sender<bool>,
}

impl Consumer {
    /// A consumer of the service `source`, reached by `client`.
    pub fn new<T: Transport>(
        store: Store,
        source: &'static str,
        client: FeedServiceClient<T>,
        projections: Vec<Box<dyn Projection>>,
    ) -> Self
    where
        T::Future: Send,
        T::ResponseBody: Send + 'static,
    {
        let kinds = projections
            .iter()
            .flat_map(|one| one.kinds())
            .map(|kind| (*kind).to_owned())
            .collect();
        let opened_at = store.inner.opened_at.get(source).copied().unwrap_or(0);
        let inner = Inner {
            source: Source::new(source, client, kinds),
            store,
            projections,
            reached: AtomicU64::new(opened_at),
            turn: Mutex::new(()),
            pulled: Mutex::new(None),
            ready: watch::Sender::new(false),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The service whose feed is followed.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.inner.source.name
    }

    /// The position up to which everything is applied and remembered here.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.inner.reached.load(Ordering::Acquire)
    }

    /// Turns true, for ever, when everything that stood in the feed at the start is applied.
    #[must_use]
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.inner.ready.subscribe()
    }

    /// Follows until `shutdown`; whatever goes wrong is logged and tried again. A message that is being applied
    /// is finished first.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut pause = PAUSES.0;
        let mut failed_before = false;
        loop {
            let began = self.position();
            let Err(error) = self.follow(&mut shutdown).await else {
                return;
            };
            let moved = self.position() > began;
            pause = if moved {
                PAUSES.0
            } else {
                (pause * 2).min(PAUSES.1)
            };
            tokio::select! {
                // A source that ends together with us is no trouble.
                () = &mut shutdown => return,
                () = tokio::time::sleep(pause) => {
                    // Processes that start together reach each other a moment later: once is no trouble yet.
                    if failed_before && !moved {
                        tracing::warn!(source = self.source(), %error, "the feed was not followed; again now");
                    } else {
                        tracing::info!(source = self.source(), %error, "the feed was not followed; again now");
                    }
                    failed_before = true;
                }
            }
        }
    }

    /// Applies everything that the source had committed when this was called. Callers that come while one pull
    /// runs share the next one.
    pub async fn pull_now(&self) -> Result<(), RpcError> {
        let asked = Instant::now();
        let mut pulled = self.inner.pulled.lock().await;
        if pulled.is_some_and(|begun| begun >= asked) {
            return Ok(());
        }
        let begun = Instant::now();
        self.begin().await?;
        let mut changes = self.inner.source.watch(self.position()).await?;
        loop {
            let message = self.inner.source.next(&mut changes).await?;
            let last = message.events.is_empty();
            self.take(message).await?;
            if last {
                break;
            }
        }
        *pulled = Some(begun);
        Ok(())
    }

    async fn follow(&self, shutdown: &mut (impl Future<Output = ()> + Unpin)) -> Result<(), RpcError> {
        let mut changes = tokio::select! {
            () = &mut *shutdown => return Ok(()),
            changes = self.open() => changes?,
        };
        loop {
            let message = tokio::select! {
                () = &mut *shutdown => return Ok(()),
                message = self.inner.source.next(&mut changes) => message?,
            };
            let caught_up = message.events.is_empty();
            self.take(message).await?;
            if caught_up {
                self.inner.ready.send_replace(true);
            }
        }
    }

    async fn open(&self) -> Result<Streaming<WatchResponse>, RpcError> {
        self.begin().await?;
        self.inner.source.watch(self.position()).await
    }

    /// Before anything was applied: a snapshot, in one transaction, so that nobody sees a part of it.
    async fn begin(&self) -> Result<(), RpcError> {
        let _turn = self.inner.turn.lock().await;
        if self.position() > 0 {
            return Ok(());
        }
        if self.cursor().await? == 0 {
            let (position, records) = self.inner.source.snapshot().await?;
            if position == 0 {
                return Ok(());
            }
            self.load(position, records).await?;
        }
        // The cursor first: what is applied in between is then remembered twice, not missed.
        let cursor = self.cursor().await?;
        for projection in &self.inner.projections {
            projection.recall(&self.inner.store.own()).await?;
        }
        self.inner.reached.fetch_max(cursor, Ordering::AcqRel);
        Ok(())
    }

    async fn load(&self, position: u64, mut records: Streaming<SnapshotResponse>) -> Result<(), RpcError> {
        let tx = self.inner.store.copy().await?;
        if self.inner.store.postgres() {
            // The source decides how long this takes.
            let patience = "SET LOCAL idle_in_transaction_session_timeout = '60s'";
            tx.db().execute_unprepared(patience).await.map_err(fault)?;
        }
        if !cursor::advance(tx.db(), self.source(), 0, position)
            .await
            .map_err(fault)?
        {
            return Ok(());
        }
        while let Some(message) = self.inner.source.record(&mut records).await? {
            self.apply(&tx, &message.events.iter().collect::<Vec<_>>())
                .await?;
        }
        tx.commit(()).await.map(drop)
    }

    async fn cursor(&self) -> Result<u64, RpcError> {
        cursor::get(self.inner.store.own_db(), self.source())
            .await
            .map_err(fault)
    }

    /// Applies a message unless another replica did, then remembers it.
    async fn take(&self, message: WatchResponse) -> Result<(), RpcError> {
        let _turn = self.inner.turn.lock().await;
        let reached = self.position();
        if message.head <= reached {
            return Ok(());
        }
        // Alone, the cursor stands where memory does; a look at it is needed only after losing a race.
        let mut cursor = reached;
        while cursor < message.head && !self.move_cursor(cursor, &message).await? {
            cursor = self.cursor().await?;
        }
        let new: Vec<&Event> = message
            .events
            .iter()
            .filter(|event| event.position > reached)
            .collect();
        for projection in &self.inner.projections {
            projection.remember(&of_kinds(projection.as_ref(), &new));
        }
        self.inner.reached.store(message.head, Ordering::Release);
        Ok(())
    }

    async fn move_cursor(&self, from: u64, message: &WatchResponse) -> Result<bool, RpcError> {
        let tx = self.inner.store.copy().await?;
        if !cursor::advance(tx.db(), self.source(), from, message.head)
            .await
            .map_err(fault)?
        {
            return Ok(false);
        }
        let new: Vec<&Event> = message
            .events
            .iter()
            .filter(|event| event.position > from)
            .collect();
        self.apply(&tx, &new).await?;
        tx.commit(()).await?;
        Ok(true)
    }

    async fn apply(&self, tx: &Tx, events: &[&Event]) -> Result<(), RpcError> {
        for projection in &self.inner.projections {
            let wanted = of_kinds(projection.as_ref(), events);
            if !wanted.is_empty() {
                projection.apply(tx, &wanted).await?;
            }
        }
        Ok(())
    }
}

fn of_kinds<'e>(projection: &dyn Projection, events: &[&'e Event]) -> Vec<&'e Event> {
    events
        .iter()
        .copied()
        .filter(|event| projection.kinds().contains(&event.kind.as_str()))
        .collect()
}
