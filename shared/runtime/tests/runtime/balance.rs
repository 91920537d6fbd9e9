//! A link over several processes of one service: nobody notices that one of them goes and comes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use runtime::{Link, Server, admission::Admitted, door::Door, server::Limits};
use tokio::task::{JoinHandle, JoinSet, yield_now};
use tokio_util::sync::CancellationToken;

use super::fake::{Fake, WRITE, call};

/// One process of the service, at a port that it gets again.
struct Process {
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Process {
    async fn start(address: SocketAddr) -> Self {
        let server = Server::bind(address, Limits::inside()).await.expect("a port");
        let (calls, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let counted = calls.clone();
        let fake = Fake::new(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            async {
                yield_now().await;
                Ok(())
            }
        });
        let door = Door::new("organization", fake.routes(), Admitted::default());
        Self {
            address: server.address(),
            calls,
            running: tokio::spawn(server.run(door, stop.clone())),
            stop,
        }
    }

    async fn anywhere() -> Self {
        Self::start(([127, 0, 0, 1], 0).into()).await
    }

    fn count(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn end(self) -> SocketAddr {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(20), self.running).await;
        ended.expect("it ends").expect("no panic");
        self.address
    }
}

fn over(addresses: &[SocketAddr]) -> Link {
    let uris = addresses
        .iter()
        .map(|address| format!("http://{address}").parse().expect("uri"));
    Link::remote("organization", uris.collect(), None)
}

/// Waits until something holds, while calls go on.
async fn calls_until(link: &Link, mut holds: impl FnMut() -> bool) {
    let calling = async {
        while !holds() {
            call(link, WRITE, &[]).await.expect("answered");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), calling)
        .await
        .expect("in time");
}

#[tokio::test]
async fn what_was_not_sent_goes_to_another_process_also_when_it_may_not_be_repeated() {
    let (here, gone) = (Process::anywhere().await, Process::anywhere().await.end().await);
    let link = over(&[gone, here.address]);
    for _ in 0..50 {
        call(&link, WRITE, &[]).await.expect("answered by the other");
    }
    assert_eq!(here.count(), 50, "each once");
}

#[tokio::test]
async fn calls_are_shared_and_a_process_that_comes_back_gets_its_share() {
    let (one, other) = (Process::anywhere().await, Process::anywhere().await);
    let link = over(&[one.address, other.address]);
    calls_until(&link, || one.count() >= 10 && other.count() >= 10).await;
    let address = one.end().await;
    let before = other.count();
    calls_until(&link, || other.count() >= before + 10).await;
    let again = Process::start(address).await;
    calls_until(&link, || again.count() >= 10).await;
}

#[tokio::test]
async fn a_rolling_restart_fails_no_call() {
    let mut processes = [Process::anywhere().await, Process::anywhere().await];
    let link = over(&[processes[0].address, processes[1].address]);
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let (link, stop, done) = (link.clone(), stop.clone(), done.clone());
        callers.spawn(async move {
            let mut failed = 0;
            while !stop.load(Ordering::SeqCst) {
                failed += usize::from(call(&link, WRITE, &[]).await.is_err());
                done.fetch_add(1, Ordering::SeqCst);
            }
            failed
        });
    }
    for turn in 0..10 {
        let before = done.load(Ordering::SeqCst);
        while done.load(Ordering::SeqCst) < before + 100 {
            yield_now().await;
        }
        let [one, other] = processes;
        let again = Process::start(one.end().await).await;
        processes = [other, again];
        let mine = processes[1].calls.clone();
        while mine.load(Ordering::SeqCst) == 0 {
            assert!(!callers.is_empty(), "turn {turn}");
            yield_now().await;
        }
    }
    stop.store(true, Ordering::SeqCst);
    assert_eq!(callers.join_all().await, [0; 8], "failed calls of each caller");
}
