//! The server: our own runner over hyper, because the stock one leaves HTTP/2 limits off, lets a silent
//! connection live for ever and hold the shutdown, and cuts aged connections without a GOAWAY
//! (reliability.md findings 2, 3, 4 and part 1.4).
//!
//! It serves any tower service over `http`: `tonic::service::Routes`, an `axum::Router`, a [`crate::door::Door`].

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use kernel::planted::Bug;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

mod body;
mod connection;
mod frames;
mod guarded;
mod streams;

pub use body::Arriving;

/// The request header in which the runner notes the caller's address; what a caller sends under this name is
/// replaced.
pub const PEER: &str = "zhibu-peer";

/// Pause after an accept that failed, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What a server puts up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at the same time; the next one waits in the system's backlog.
    pub connections: usize,
    /// Connections from one address; the next one is closed. 0 for no limit.
    pub connections_per_source: usize,
    /// HTTP/2 streams on one connection.
    pub streams: u32,
    /// Streams that the server may have to reset before the connection is closed.
    pub resets: usize,
    /// Bytes of all headers of a request.
    pub header_bytes: u32,
    /// Until a connection must have said what it speaks.
    pub opening: Duration,
    /// Without a byte of a request's body, or without a reader of an answer's, until the stream ends.
    pub idle: Duration,
    /// Between two questions to a silent connection.
    pub keep_alive: Duration,
    /// For the answer to that question.
    pub keep_alive_answer: Duration,
    /// Until a connection is asked to come anew (±10 %).
    pub age: Duration,
    /// From then on until it is closed.
    pub age_grace: Duration,
    /// PING, SETTINGS and PRIORITY frames in ten seconds.
    pub control_frames: u32,
    /// That running requests are given at shutdown.
    pub drain: Duration,
    /// Whether HTTP/1.1 is spoken on the same port.
    pub http1: bool,
}

impl Limits {
    /// For services behind the gateway.
    #[must_use]
    pub fn inside() -> Self {
        Self {
            connections: 10_000,
            connections_per_source: 0,
            streams: 200,
            resets: 64,
            header_bytes: 16 * 1024,
            opening: Duration::from_secs(5),
            idle: Duration::from_secs(10),
            keep_alive: Duration::from_secs(20),
            keep_alive_answer: Duration::from_secs(10),
            age: Duration::from_secs(600),
            age_grace: Duration::from_secs(30),
            control_frames: 200,
            drain: Duration::from_secs(25),
            http1: false,
        }
    }

    /// For the gateway.
    #[must_use]
    pub fn edge() -> Self {
        Self {
            streams: 100,
            connections_per_source: 200,
            http1: true,
            ..Self::inside()
        }
    }
}

/// The address is taken, or is none of ours.
#[derive(Debug, thiserror::Error)]
#[error("不能监听 {address}（{source}）。{}", advice(source.kind()))]
pub struct ListenError {
    /// The address wanted.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => {
            "端口已被占用：请停掉占用它的程序，或换一个端口（演示用 --listen，服务用设置项 listen、admin_listen）。"
        }
        io::ErrorKind::AddrNotAvailable => "本机没有这个地址：请改为本机的地址，或用 0.0.0.0 监听全部地址。",
        io::ErrorKind::PermissionDenied => "没有监听这个端口的权限：请换一个 1024 以上的端口。",
        _ => "请换一个地址和端口（演示用 --listen，服务用设置项 listen、admin_listen）。",
    }
}

/// Whether an address can be listened at now. Asked before anything is made, so that a start which is refused for a
/// taken port leaves nothing behind.
pub fn is_free(address: SocketAddr) -> Result<(), ListenError> {
    std::net::TcpListener::bind(address)
        .map(drop)
        .map_err(|source| ListenError { address, source })
}

/// A server that has its port.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

impl Server {
    /// Takes the port.
    pub async fn bind(address: SocketAddr, limits: Limits) -> Result<Self, ListenError> {
        let listen = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = listen.await.map_err(|source| ListenError { address, source })?;
        Ok(Self {
            listener,
            address,
            limits,
        })
    }

    /// The address, with the port that the system chose where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is told to stop, then lets running requests end and returns: after the drain time at the
    /// latest, whatever the connections do.
    pub async fn run<S, B>(self, service: S, stop: CancellationToken)
    where
        S: tower::Service<Request<Arriving>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (limits, tasks, cut) = (
            Arc::new(self.limits),
            TaskTracker::new(),
            CancellationToken::new(),
        );
        let slots = Arc::new(Semaphore::new(limits.connections));
        let sources = Sources::default();
        while let Some((stream, peer, slot)) = accept(&self.listener, &slots, &stop).await {
            let Some(source) = sources.enter(peer.ip(), limits.connections_per_source) else {
                tracing::info!("a source has too many connections");
                continue;
            };
            let serving = connection::serve(
                stream,
                peer,
                service.clone(),
                limits.clone(),
                stop.clone(),
                cut.clone(),
            );
            tasks.spawn(async move {
                serving.await;
                drop((slot, source));
            });
        }
        drop(self.listener);
        tasks.close();
        if Bug::NoDrain.planted() {
            cut.cancel();
        }
        if tokio::time::timeout(limits.drain, tasks.wait()).await.is_err() {
            tracing::info!(
                connections = tasks.len(),
                "the drain time is over, closing what is left"
            );
            cut.cancel();
            tasks.wait().await;
        }
    }
}

/// The slot is taken before the connection: beyond the cap the system's backlog waits, not our memory.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let next = async {
        let slot = slots.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, slot)),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    };
    stop.run_until_cancelled(next).await.flatten()
}

/// How many connections each address has.
#[derive(Debug, Clone, Default)]
struct Sources(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Sources {
    fn enter(&self, source: IpAddr, limit: usize) -> Option<Source> {
        if limit > 0 {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = open.entry(source).or_default();
            if *count >= limit {
                return None;
            }
            *count += 1;
        }
        Some(Source {
            all: self.clone(),
            source,
            counted: limit > 0,
        })
    }
}

struct Source {
    all: Sources,
    source: IpAddr,
    counted: bool,
}

impl Drop for Source {
    fn drop(&mut self) {
        if !self.counted {
            return;
        }
        let mut open = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.source);
            }
        }
    }
}
