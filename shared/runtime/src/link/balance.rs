//! A channel over every address that DNS names, asked again every few seconds: a headless service in a cluster
//! needs no more.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::mpsc::Sender;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::{Channel, Endpoint, channel::Change};

const ASK_EVERY: Duration = Duration::from_secs(5);
/// Until somebody was found the name is asked more often: a peer may start a moment later.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Keeps the addresses of a channel; the asking ends with it.
pub(super) struct Balanced {
    nobody: Arc<AtomicBool>,
    _asking: DropGuard,
}

impl Balanced {
    /// Whether DNS was asked and named nobody: calls would wait for their whole deadline.
    pub(super) fn found_nobody(&self) -> bool {
        self.nobody.load(Ordering::Acquire)
    }
}

pub(super) fn channel(uris: Vec<http::Uri>) -> (Balanced, Channel) {
    let (channel, changes) = Channel::balance_channel(64);
    let (nobody, stop) = (
        Arc::new(AtomicBool::new(uris.is_empty())),
        CancellationToken::new(),
    );
    let asking = keep_asking(uris, changes, nobody.clone());
    tokio::spawn(stop.clone().run_until_cancelled_owned(asking));
    (
        Balanced {
            nobody,
            _asking: stop.drop_guard(),
        },
        channel,
    )
}

async fn keep_asking(
    uris: Vec<http::Uri>,
    changes: Sender<Change<SocketAddr, Endpoint>>,
    nobody: Arc<AtomicBool>,
) {
    let mut known = BTreeSet::new();
    loop {
        let now = ask(&uris).await;
        // An empty answer keeps what is known: DNS fails more often than all pods of a service go.
        if !now.is_empty() {
            let new = now
                .difference(&known)
                .map(|address| Change::Insert(*address, endpoint(*address)));
            let gone = known.difference(&now).map(|address| Change::Remove(*address));
            for change in new.chain(gone) {
                if changes.send(change).await.is_err() {
                    return;
                }
            }
            known = now;
        }
        nobody.store(known.is_empty(), Ordering::Release);
        tokio::time::sleep(if known.is_empty() { ASK_AGAIN } else { ASK_EVERY }).await;
    }
}

async fn ask(uris: &[http::Uri]) -> BTreeSet<SocketAddr> {
    let mut found = BTreeSet::new();
    for uri in uris {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        match tokio::net::lookup_host((host, uri.port_u16().unwrap_or(80))).await {
            Ok(addresses) => found.extend(addresses),
            Err(error) => tracing::warn!(%uri, %error, "a peer's name is not known"),
        }
    }
    found
}

/// Endpoints count as ready even when nobody answers there, hence the short time to connect and the questions to
/// silent connections.
fn endpoint(address: SocketAddr) -> Endpoint {
    let uri = http::Uri::builder()
        .scheme("http")
        .authority(address.to_string())
        .path_and_query("/")
        .build();
    Endpoint::from(uri.unwrap_or_default())
        .connect_timeout(Duration::from_millis(500))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(5))
        .keep_alive_while_idle(true)
        .http2_max_header_list_size(16 * 1024)
}
