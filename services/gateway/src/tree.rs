//! The tree in the gateway's memory, and whose roles have changed, followed over organization's feed. The gateway
//! keeps nothing: after a start it takes a snapshot.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use access::{Scopes, Verifier};
use kernel::{Clock, Fault, Instant, Kind, RpcError, clock::system_now};
use prost::Message;
use proto::{
    feed::v1::{Event, SnapshotRequest, WatchRequest, WatchResponse},
    organization::v1::CallerChange,
};
use runtime::link::Link;
use tokio::sync::{Mutex, watch};
use tonic::{Status, Streaming};

use crate::peers;

const ORGANIZATION: &str = "organization.organization";
const CALLER: &str = "organization.caller";
const AGAIN: Duration = Duration::from_secs(1);
/// The feed says every 15 seconds that it is there.
const SILENT: chrono::Duration = chrono::Duration::seconds(20);

/// The tree. Cheap to clone; clones are one tree.
#[derive(Clone)]
pub struct Tree(Arc<Inner>);

struct Inner {
    scopes: Scopes,
    verifier: Verifier,
    clock: Clock,
    link: Link,
    /// The position that memory has reached; 0 before the first snapshot.
    reached: AtomicU64,
    /// One message at a time is taken.
    turn: Mutex<()>,
    /// When the last pull that ended had begun.
    pulled: Mutex<Option<tokio::time::Instant>>,
    heard: RwLock<Heard>,
    ready: watch::Sender<bool>,
}

#[derive(Clone, Copy, Default)]
struct Heard {
    at: Option<Instant>,
    /// The business time then.
    as_of: Option<Instant>,
    connected: bool,
}

impl Tree {
    /// The tree behind organization's feed; `verifier` learns whose roles have changed, `clock` says as of when the tree
    /// is.
    #[must_use]
    pub fn new(link: Link, verifier: Verifier, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            scopes: Scopes::default(),
            verifier,
            clock,
            link,
            reached: AtomicU64::new(0),
            turn: Mutex::new(()),
            pulled: Mutex::new(None),
            heard: RwLock::default(),
            ready: watch::Sender::new(false),
        }))
    }

    /// The organizations.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.0.scopes
    }

    /// Turns true, for ever, with the first snapshot.
    #[must_use]
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.0.ready.subscribe()
    }

    /// The business time at which the feed was heard last, and whether it is followed now; `None` before the first snapshot.
    #[must_use]
    pub fn heard(&self) -> Option<(Instant, bool)> {
        let heard = *self.0.heard.read().unwrap_or_else(PoisonError::into_inner);
        let (at, as_of) = heard.at.zip(heard.as_of)?;
        Some((as_of, heard.connected && system_now() - at < SILENT))
    }

    /// Follows the feed for ever.
    pub async fn follow(self) -> Result<(), Fault> {
        loop {
            if let Err(error) = self.once().await {
                tracing::info!(%error, "organization's feed is not followed");
            }
            self.hear(false);
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Takes everything that organization had committed when this was called. Callers that come while one pull runs
    /// share the next one.
    pub async fn pull_now(&self) -> Result<(), RpcError> {
        let asked = tokio::time::Instant::now();
        let mut pulled = self.0.pulled.lock().await;
        if pulled.is_some_and(|begun| begun >= asked) {
            return Ok(());
        }
        let begun = tokio::time::Instant::now();
        let mut changes = self.open().await?;
        while let Some(message) = changes.message().await.map_err(lost)? {
            let last = message.events.is_empty();
            self.take(message).await?;
            if last {
                break;
            }
        }
        *pulled = Some(begun);
        Ok(())
    }

    async fn once(&self) -> Result<(), RpcError> {
        let mut changes = self.open().await?;
        while let Some(message) = changes.message().await.map_err(lost)? {
            self.take(message).await?;
            self.hear(true);
        }
        Ok(())
    }

    async fn open(&self) -> Result<Streaming<WatchResponse>, RpcError> {
        if self.0.reached.load(Ordering::Acquire) == 0 {
            self.snapshot().await?;
        }
        let after = self.0.reached.load(Ordering::Acquire);
        let kinds = kinds();
        let opened = peers::organization::feed(self.0.link.clone())
            .watch(WatchRequest { after, kinds })
            .await;
        opened.map(tonic::Response::into_inner).map_err(|status| {
            let error = lost(status);
            // Our position is none of this feed's: the next attempt begins with a snapshot.
            if error
                .refusal()
                .is_some_and(|refusal| refusal.kind == Kind::OutOfRange)
            {
                self.0.reached.store(0, Ordering::Release);
            }
            error
        })
    }

    async fn snapshot(&self) -> Result<(), RpcError> {
        let _turn = self.0.turn.lock().await;
        let mut records = peers::organization::feed(self.0.link.clone())
            .snapshot(SnapshotRequest { kinds: kinds() })
            .await
            .map_err(lost)?
            .into_inner();
        let mut position = 0;
        while let Some(message) = records.message().await.map_err(lost)? {
            position = position.max(message.position);
            self.apply(message.events.iter())?;
        }
        self.0.reached.store(position, Ordering::Release);
        self.hear(false);
        self.0.ready.send_replace(true);
        Ok(())
    }

    /// A pull and the follower may bring the same message: what is older than memory is passed over.
    async fn take(&self, message: WatchResponse) -> Result<(), RpcError> {
        let _turn = self.0.turn.lock().await;
        let reached = self.0.reached.load(Ordering::Acquire);
        let new = message.events.iter().filter(|event| event.position > reached);
        self.apply(new)?;
        self.0.reached.fetch_max(message.head, Ordering::AcqRel);
        Ok(())
    }

    fn apply<'a>(&self, events: impl Iterator<Item = &'a Event>) -> Result<(), RpcError> {
        let mut nodes = Vec::new();
        for event in events.filter(|event| !event.deleted) {
            match event.kind.as_str() {
                ORGANIZATION => nodes.push(runtime::assembly::node(event)?),
                CALLER => {
                    let change = CallerChange::decode(event.body.as_slice())
                        .map_err(|e| Fault::from("an event of organization's feed", e))?;
                    self.0.verifier.expect_epoch(&change.subject, change.epoch);
                }
                _ => {}
            }
        }
        self.0.scopes.apply(nodes);
        Ok(())
    }

    fn hear(&self, connected: bool) {
        let mut heard = self.0.heard.write().unwrap_or_else(PoisonError::into_inner);
        heard.connected = connected;
        if connected || heard.at.is_none() {
            heard.at = Some(system_now());
            heard.as_of = Some(self.0.clock.now());
        }
    }
}

fn kinds() -> Vec<String> {
    vec![ORGANIZATION.to_owned(), CALLER.to_owned()]
}

fn lost(status: Status) -> RpcError {
    wire::refusal_of(&status)
}
