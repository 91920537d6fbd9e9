//! What `zhibu.feed.v1.FeedService` answers.

use std::time::Duration;

use access::Authorized;
use futures::Stream;
use kernel::{Kind, Refusal, RpcError};
use proto::feed::v1::{Event, SnapshotRequest, SnapshotResponse, WatchRequest, WatchResponse};
use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;

use super::{advance, log};
use crate::{fault::fault, store::Store};

const HEARTBEAT: Duration = Duration::from_secs(15);
/// Least time between two messages that only say how far the feed is.
const QUIET: Duration = Duration::from_millis(50);
/// Messages made ahead of a slow watcher.
const AHEAD: usize = 4;

/// A stream of answers.
type Messages<A> = ReceiverStream<Result<A, RpcError>>;

/// Every change after a position, as it is committed, for ever. Each message says how far it reaches; the first
/// one without events says that everything committed before the call was sent. Refuses with `CURSOR_AHEAD`.
pub async fn watch(
    store: Store,
    request: Authorized<WatchRequest>,
) -> Result<impl Stream<Item = Result<WatchResponse, RpcError>> + Send + 'static, RpcError> {
    let head = advance(&store).await?;
    if request.after > head {
        let zh = "游标超出了变更流的末尾，请重新获取快照。";
        return Err(Refusal::new(Kind::OutOfRange, "CURSOR_AHEAD", zh)
            .with("head", head)
            .into());
    }
    let (out, messages) = mpsc::channel(AHEAD);
    let asked = request.body().clone();
    tokio::spawn(until_gone(out, move |out| follow(store, asked, head, out)));
    Ok(Messages::new(messages))
}

/// Runs a stream's work until it ends, fails (which is the last message) or nobody listens.
async fn until_gone<A, W>(
    out: Sender<Result<A, RpcError>>,
    work: impl FnOnce(Sender<Result<A, RpcError>>) -> W,
) where
    W: Future<Output = Result<(), RpcError>>,
{
    tokio::select! {
        () = out.closed() => {}
        ended = work(out.clone()) => if let Err(error) = ended {
            // Whoever is gone does not hear it.
            let _ = out.send(Err(error)).await;
        }
    }
}

/// `target` is the head when the call came: a source that is written to all the time must not keep a caller from
/// hearing that he has caught up.
async fn follow(
    store: Store,
    request: WatchRequest,
    target: u64,
    out: Sender<Result<WatchResponse, RpcError>>,
) -> Result<(), RpcError> {
    let mut moving = store.inner.wake.head();
    let mut reached = request.after;
    let mut caught_up = false;
    loop {
        let head = (*moving.borrow_and_update()).max(reached);
        let part = log::changes(&store.inner.db, reached, head, &request.kinds)
            .await
            .map_err(fault)?;
        reached = match part.events.last() {
            Some(last) if part.more => last.position,
            _ => head,
        };
        let nothing = part.events.is_empty();
        if !nothing || caught_up {
            tell(&out, part.events, reached).await;
        }
        if part.more && reached < target {
            continue;
        }
        if nothing && caught_up {
            tokio::time::sleep(QUIET).await;
        }
        if !caught_up {
            caught_up = true;
            tell(&out, Vec::new(), reached).await;
        }
        if !part.more {
            // A heartbeat is a message with no more in it than before.
            let _ = tokio::time::timeout(HEARTBEAT, moving.changed()).await;
        }
    }
}

/// Whoever is gone does not hear it: the whole work ends then.
async fn tell(out: &Sender<Result<WatchResponse, RpcError>>, events: Vec<Event>, head: u64) {
    let _ = out.send(Ok(WatchResponse { events, head })).await;
}

/// The records of the wanted kinds as they are now. The first message says up to which position: watch after it.
pub async fn snapshot(
    store: Store,
    request: Authorized<SnapshotRequest>,
) -> Result<impl Stream<Item = Result<SnapshotResponse, RpcError>> + Send + 'static, RpcError> {
    let head = advance(&store).await?;
    let (out, messages) = mpsc::channel(AHEAD);
    let kinds = request.kinds.clone();
    tokio::spawn(until_gone(out, move |out| records(store, head, kinds, out)));
    Ok(Messages::new(messages))
}

async fn records(
    store: Store,
    head: u64,
    kinds: Vec<String>,
    out: Sender<Result<SnapshotResponse, RpcError>>,
) -> Result<(), RpcError> {
    let mut message = SnapshotResponse {
        events: Vec::new(),
        position: head,
    };
    let mut after = 0;
    loop {
        if out.send(Ok(message)).await.is_err() {
            return Ok(());
        }
        let part = log::present(&store.inner.db, after, head, &kinds)
            .await
            .map_err(fault)?;
        let Some(last) = part.events.last() else {
            return Ok(());
        };
        after = last.position;
        let events = part
            .events
            .into_iter()
            .map(|event| Event { position: 0, ..event })
            .collect();
        message = SnapshotResponse { events, position: 0 };
    }
}
