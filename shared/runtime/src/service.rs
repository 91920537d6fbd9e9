//! A service as a process runs it: its routes, its work in the background, whether it is ready.

use std::{convert::Infallible, fmt, sync::Arc, time::Duration};

use access::Table;
use futures::{FutureExt, future::BoxFuture};
use http::Request;
use kernel::{Fault, RpcError};
use proto::clock::v1::PositionsResponse;
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::{body::Body, server::NamedService, service::Routes};

use crate::{admission::Admitted, door::Door, error::StartError};

/// How far the service's feed is and how far it has read others'.
pub type Positions = Arc<dyn Fn() -> BoxFuture<'static, Result<PositionsResponse, RpcError>> + Send + Sync>;

type Work = Arc<dyn Fn(CancellationToken) -> BoxFuture<'static, Result<(), Fault>> + Send + Sync>;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What `start` of a service gives.
pub struct Service {
    name: &'static str,
    routes: Routes,
    http: Option<axum::Router>,
    registered: Vec<&'static str>,
    background: Vec<(&'static str, Work)>,
    ready: watch::Receiver<bool>,
    positions: Option<Positions>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({}: {})", self.name, self.registered.join(", "))
    }
}

impl Service {
    /// A service that offers nothing yet, and is ready.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            routes: Routes::default(),
            http: None,
            registered: Vec::new(),
            background: Vec::new(),
            ready: watch::channel(true).1,
            positions: None,
        }
    }

    /// Offers a generated server.
    #[must_use]
    pub fn offer<S>(mut self, rpc: S) -> Self
    where
        S: tower::Service<Request<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        self.registered.push(S::NAME);
        self.routes = self.routes.add_service(rpc);
        self
    }

    /// Answers the public port with this router instead of its RPCs: the gateway.
    #[must_use]
    pub fn front(mut self, router: axum::Router) -> Self {
        self.http = Some(router);
        self
    }

    /// Works in the background until the token is cancelled. What fails or panics is begun again after a pause;
    /// what returns has ended.
    #[must_use]
    pub fn background<F>(
        mut self,
        what: &'static str,
        work: impl Fn(CancellationToken) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        self.background
            .push((what, Arc::new(move |stop| work(stop).boxed())));
        self
    }

    /// Is ready when this says so, such as after its first snapshot.
    #[must_use]
    pub fn ready_when(mut self, ready: watch::Receiver<bool>) -> Self {
        self.ready = ready;
        self
    }

    /// Tells the driver of the clock how far it is.
    #[must_use]
    pub fn positions(mut self, positions: Positions) -> Self {
        self.positions = Some(positions);
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The full names of what it offers.
    #[must_use]
    pub fn registered(&self) -> &[&'static str] {
        &self.registered
    }

    /// Whether it is ready, as it says itself.
    #[must_use]
    pub fn readiness(&self) -> watch::Receiver<bool> {
        self.ready.clone()
    }

    /// How far it is, where it tells.
    #[must_use]
    pub fn feed_positions(&self) -> Option<Positions> {
        self.positions.clone()
    }

    pub(crate) fn router(&self) -> Option<axum::Router> {
        self.http.clone()
    }

    /// Its routes with everything that stands around them.
    #[must_use]
    pub fn door(&self, admitted: Admitted) -> Door {
        Door::new(self.name, self.routes.clone(), admitted)
    }

    /// Whether what it offers is what the policy table says, in both directions.
    /// Fails with every method that has no policy and every service of its package that is not offered.
    pub fn check(&self) -> Result<(), StartError> {
        let pool = &*proto::DESCRIPTORS;
        let mut differences = Table::of_suite().uncovered(pool, &self.registered);
        let package = format!("zhibu.{}.", self.name);
        let own = pool
            .services()
            .filter(|service| service.full_name().starts_with(&package));
        differences.extend(
            own.map(|service| service.full_name().to_owned())
                .filter(|name| !self.registered.contains(&name.as_str())),
        );
        if differences.is_empty() {
            return Ok(());
        }
        differences.sort();
        Err(StartError::Policy {
            service: self.name,
            differences,
        })
    }

    /// Begins its work in the background.
    pub fn begin(&self, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        for (what, work) in &self.background {
            tasks.spawn(keep_doing(self.name, what, work.clone(), stop.clone()));
        }
    }
}

async fn keep_doing(service: &'static str, what: &'static str, work: Work, stop: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = tokio::time::Instant::now();
        let mut task = tokio::spawn(work(stop.clone()));
        let _ends_with_us = AbortOnDrop(task.abort_handle());
        match (&mut task).await {
            Ok(Ok(())) => return,
            Ok(Err(fault)) => tracing::error!(service, what, %fault, "background work failed, once more"),
            Err(_) => tracing::error!(service, what, "background work panicked, once more"),
        }
        if begun.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        if stop
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_none()
        {
            return;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
