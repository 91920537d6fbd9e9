//! Running services: one over the network, or all in this process; and their end, which always comes.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::{JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{self, Health},
    error::StartError,
    host::Host,
    link::Mesh,
    server::{Arriving, Limits, Server},
    service::Service,
    settings::ServiceSettings,
    telemetry,
};

/// That background work is given to end when it is asked to.
const BACKGROUND_ENDS: Duration = Duration::from_secs(5);

/// Runs one service until SIGTERM or Ctrl-C: readiness off, drain, background work off, telemetry out.
/// Fails when it cannot start; the process should then say so in one line and end with the error's exit code.
pub async fn run_one(host: Host, service: Service, settings: &ServiceSettings) -> Result<(), StartError> {
    telemetry::keep_panics_to_ourselves();
    stop_on_signal(host.stop.clone());
    let running = start_one(&host, service, settings).await?;
    running.until_stopped().await;
    host.close().await;
    Ok(())
}

/// Runs all services in this process until SIGTERM or Ctrl-C; only the gateway listens.
pub async fn run_local(
    host: Host,
    services: Vec<(Service, ServiceSettings)>,
    mesh: &Mesh,
) -> Result<(), StartError> {
    telemetry::keep_panics_to_ourselves();
    stop_on_signal(host.stop.clone());
    let running = start_local(&host, services, mesh).await?;
    running.until_stopped().await;
    host.close().await;
    Ok(())
}

/// Starts one service at its ports.
pub async fn start_one(
    host: &Host,
    service: Service,
    settings: &ServiceSettings,
) -> Result<Running, StartError> {
    service.check()?;
    let mut running = Running::prepare(host, settings, &[&service]).await?;
    match service.router() {
        Some(router) => running.listen(settings, true, router).await?,
        None => {
            running
                .listen(settings, false, service.door(settings.admitted))
                .await?
        }
    }
    running.begin(&service).await;
    Ok(running)
}

/// Starts all services in this process: each has its door in the mesh, those with a front of their own (the
/// gateway) listen.
pub async fn start_local(
    host: &Host,
    services: Vec<(Service, ServiceSettings)>,
    mesh: &Mesh,
) -> Result<Running, StartError> {
    for (service, _) in &services {
        service.check()?;
    }
    let front = services
        .iter()
        .find(|(service, _)| service.router().is_some())
        .or(services.first());
    let settings = front
        .map(|(_, settings)| settings)
        .ok_or_else(|| StartError::Other("没有要运行的服务。".into()))?;
    let all: Vec<_> = services.iter().map(|(service, _)| service).collect();
    let mut running = Running::prepare(host, settings, &all).await?;
    for (service, settings) in &services {
        mesh.open(service.name(), service.door(settings.admitted));
        if let Some(router) = service.router() {
            running.listen(settings, true, router).await?;
        }
    }
    for service in all {
        running.begin(service).await;
    }
    Ok(running)
}

/// Services that run.
pub struct Running {
    /// Where calls are answered.
    pub addresses: Vec<SocketAddr>,
    /// Where the admin port is.
    pub admin: SocketAddr,
    stop: CancellationToken,
    health: Health,
    fronts: Vec<JoinHandle<()>>,
    background: JoinSet<()>,
    end_fronts: CancellationToken,
    end_background: CancellationToken,
}

impl Running {
    async fn prepare(
        host: &Host,
        settings: &ServiceSettings,
        services: &[&Service],
    ) -> Result<Self, StartError> {
        let limits = Limits {
            connections: 100,
            drain: Duration::from_secs(1),
            ..Limits::inside()
        };
        let admin = Server::bind(settings.admin_listen, limits).await?;
        let (health, routes) = admin::routes(host, services).await;
        let end_background = CancellationToken::new();
        let running = Self {
            addresses: Vec::new(),
            admin: admin.address(),
            stop: host.stop.clone(),
            health,
            fronts: Vec::new(),
            background: JoinSet::new(),
            end_fronts: CancellationToken::new(),
            end_background: end_background.clone(),
        };
        tokio::spawn(admin.run(routes.prepare(), end_background));
        Ok(running)
    }

    async fn listen<S, B>(
        &mut self,
        settings: &ServiceSettings,
        http1: bool,
        service: S,
    ) -> Result<(), StartError>
    where
        S: tower::Service<Request<Arriving>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let server = Server::bind(
            settings.listen,
            Limits {
                http1,
                ..settings.limits.clone()
            },
        )
        .await?;
        tracing::info!(service = %settings.name, address = %server.address(), "listening");
        self.addresses.push(server.address());
        self.fronts
            .push(tokio::spawn(server.run(service, self.end_fronts.clone())));
        Ok(())
    }

    async fn begin(&mut self, service: &Service) {
        service.begin(&mut self.background, &self.end_background);
        self.health.follow(service).await;
    }

    /// Waits until the process is to end, then ends in order and in bounded time: no new work, running requests
    /// finish, background work stops.
    pub async fn until_stopped(mut self) {
        self.stop.cancelled().await;
        tracing::info!("stopping");
        self.health.stopping().await;
        self.end_fronts.cancel();
        for front in self.fronts {
            let _ = front.await;
        }
        self.end_background.cancel();
        let ended = async { while self.background.join_next().await.is_some() {} };
        if tokio::time::timeout(BACKGROUND_ENDS, ended).await.is_err() {
            tracing::warn!("background work did not end when asked to");
            self.background.shutdown().await;
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("addresses", &self.addresses)
            .field("admin", &self.admin)
            .finish()
    }
}

/// The first signal asks for the end, the second one does not wait for it.
fn stop_on_signal(stop: CancellationToken) {
    tokio::spawn(async move {
        let (Ok(mut terminate), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            tracing::error!("signals cannot be heard");
            return;
        };
        for asked_before in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if asked_before {
                std::process::exit(130);
            }
            stop.cancel();
        }
    });
}
