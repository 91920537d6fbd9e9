//! Every address that DNS names behind a service, each with a connection of its own: a headless service in a
//! cluster needs no more. DNS is asked again every few seconds.
//!
//! A call goes to the address with the fewest calls under way. Where nobody takes connections, nothing of it was
//! sent, so it goes to another one at once, whether or not it may be repeated, and the address rests until
//! somebody takes connections there again. The restart of one process of several is not noticed (V3).

use std::{
    collections::BTreeSet,
    error::Error,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Response;
use tokio::{
    net::TcpStream,
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    ConnectError,
    body::Body,
    transport::{self, Channel, Endpoint},
};
use tower::ServiceExt;

use super::retry::Whole;

const ASK_EVERY: Duration = Duration::from_secs(5);
/// Until somebody was found the name is asked more often: a peer may start a moment later.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How often an address that rests is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const CONNECTS_WITHIN: Duration = Duration::from_millis(500);
/// Sendings of one call that met a connection which was just closing.
const CLOSING: usize = 2;

/// The addresses behind a link; the asking ends with it.
pub(super) struct Balanced {
    known: watch::Receiver<Option<Members>>,
    rests: Arc<Notify>,
    next: AtomicUsize,
    _asking: DropGuard,
}

type Members = Arc<[Arc<Member>]>;

/// One address.
struct Member {
    address: SocketAddr,
    channel: Channel,
    /// Calls under way.
    busy: AtomicUsize,
    /// Whether nobody took a connection there when it was last tried.
    rests: AtomicBool,
}

impl Balanced {
    /// Over these names; must be made inside tokio.
    pub(super) fn over(uris: Vec<http::Uri>) -> Self {
        let known = uris.is_empty().then(|| Members::from([]));
        let (say, known) = watch::channel(known);
        let (rests, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let asking = keep_asking(uris, say, rests.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(asking));
        Self {
            known,
            rests,
            next: AtomicUsize::new(0),
            _asking: stop.drop_guard(),
        }
    }

    /// Sends the call to one address, or to each in turn while nobody takes a connection. Fails with what the
    /// transport says, and with nothing where DNS names nobody.
    pub(super) async fn send(&self, call: &Whole) -> Result<Response<Body>, Option<transport::Error>> {
        let members = self.members().await;
        let (mut refused, mut closing) = (BTreeSet::new(), 0);
        let mut last = None;
        while let Some(member) = self.pick(&members, &refused) {
            match member.send(call).await {
                Ok(response) => return Ok(response),
                Err(error) if says::<ConnectError>(&error, |_| true) => {
                    refused.insert(member.address);
                    member.rests.store(true, Ordering::Release);
                    self.rests.notify_one();
                    last = Some(error);
                }
                Err(error) if closing < CLOSING && says(&error, hyper::Error::is_canceled) => closing += 1,
                Err(error) => return Err(Some(error)),
            }
        }
        Err(last)
    }

    /// The addresses, once DNS was asked.
    async fn members(&self) -> Members {
        let mut known = self.known.clone();
        match known.wait_for(Option::is_some).await {
            Ok(members) => members.clone().unwrap_or_default(),
            Err(_) => Members::default(),
        }
    }

    /// The one with the fewest calls under way of those that were not tried; one that rests only when all do.
    fn pick<'m>(&self, members: &'m Members, tried: &BTreeSet<SocketAddr>) -> Option<&'m Arc<Member>> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let turned = (0..members.len()).filter_map(|at| members.get((first + at) % members.len()));
        turned
            .filter(|member| !tried.contains(&member.address))
            .min_by_key(|member| {
                (
                    member.rests.load(Ordering::Acquire),
                    member.busy.load(Ordering::Relaxed),
                )
            })
    }
}

impl Member {
    fn new(address: SocketAddr) -> Self {
        Self {
            channel: endpoint(address).connect_lazy(),
            address,
            busy: AtomicUsize::new(0),
            rests: AtomicBool::new(false),
        }
    }

    async fn send(&self, call: &Whole) -> Result<Response<Body>, transport::Error> {
        let _busy = Busy::on(&self.busy);
        self.channel.clone().oneshot(call.request()).await
    }

    /// Whether somebody takes connections there.
    async fn wakes(&self) -> bool {
        let there = timeout(CONNECTS_WITHIN, TcpStream::connect(self.address)).await;
        let awake = matches!(there, Ok(Ok(_)));
        if awake {
            self.rests.store(false, Ordering::Release);
        }
        awake
    }
}

/// A call under way, until it is dropped.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn on(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether an error, or what caused it, is one of a kind.
fn says<E: Error + 'static>(error: &(dyn Error + 'static), is: impl Fn(&E) -> bool) -> bool {
    let mut source = Some(error);
    while let Some(cause) = source {
        if cause.downcast_ref::<E>().is_some_and(&is) {
            return true;
        }
        source = cause.source();
    }
    false
}

async fn keep_asking(uris: Vec<http::Uri>, say: watch::Sender<Option<Members>>, rests: Arc<Notify>) {
    let mut members = Members::default();
    let mut unknown = BTreeSet::new();
    loop {
        let named = ask(&uris, &mut unknown).await;
        let known: BTreeSet<SocketAddr> = members.iter().map(|member| member.address).collect();
        // An empty answer keeps what is known: DNS fails more often than all pods of a service go.
        if !named.is_empty() && named != known {
            let kept = members.iter().filter(|member| named.contains(&member.address));
            let new = named
                .difference(&known)
                .map(|address| Arc::new(Member::new(*address)));
            members = kept.cloned().chain(new).collect();
        }
        say.send_replace(Some(members.clone()));
        let pause = if members.is_empty() { ASK_AGAIN } else { ASK_EVERY };
        look_after(&members, &rests, Instant::now() + pause).await;
    }
}

/// Looks at those who rest until it is time to ask again.
async fn look_after(members: &Members, rests: &Notify, until: Instant) {
    loop {
        let resting: Vec<_> = members
            .iter()
            .filter(|member| member.rests.load(Ordering::Acquire))
            .collect();
        if resting.is_empty() {
            tokio::select! {
                () = sleep_until(until) => return,
                () = rests.notified() => continue,
            }
        }
        if Instant::now() >= until {
            return;
        }
        sleep(LOOK_EVERY).await;
        futures::future::join_all(resting.into_iter().map(|member| member.wakes())).await;
    }
}

/// The addresses of all names. Of a name that stays unknown it is told once.
async fn ask<'a>(uris: &'a [http::Uri], unknown: &mut BTreeSet<&'a str>) -> BTreeSet<SocketAddr> {
    let mut found = BTreeSet::new();
    for uri in uris {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        match tokio::net::lookup_host((host, uri.port_u16().unwrap_or(80))).await {
            Ok(addresses) => {
                unknown.remove(host);
                found.extend(addresses);
            }
            Err(error) if unknown.insert(host) => {
                tracing::warn!(%uri, %error, "a peer's name is not known");
            }
            Err(_) => {}
        }
    }
    found
}

/// Made at the first call; the questions to silent connections find a peer that went without a word.
fn endpoint(address: SocketAddr) -> Endpoint {
    let uri = http::Uri::builder()
        .scheme("http")
        .authority(address.to_string())
        .path_and_query("/")
        .build();
    Endpoint::from(uri.unwrap_or_default())
        .connect_timeout(CONNECTS_WITHIN)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(5))
        .keep_alive_while_idle(true)
        .http2_max_header_list_size(16 * 1024)
}
