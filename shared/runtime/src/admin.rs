//! The admin port: health, reflection, the driven clock. Not for the outside, and not behind the door: it answers
//! when the service is full.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;
use tonic::service::Routes;
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::{
    host::Host,
    service::{Positions, Service},
};

mod clock;

/// The name under which the process as a whole says whether it is ready; the empty name says that it lives.
pub const READY: &str = "ready";

/// A service, and whether it is ready.
type Says = (&'static str, watch::Receiver<bool>);

/// What the health service says, kept true by the services themselves.
#[derive(Clone)]
pub(crate) struct Health {
    reporter: HealthReporter,
    ready: Arc<RwLock<Vec<Says>>>,
}

impl Health {
    /// Says what the services say, from now on, until `stopping` is called.
    pub(crate) async fn follow(&self, service: &Service) {
        let (name, mut ready) = (service.name(), service.readiness());
        self.ready
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push((name, ready.clone()));
        self.say(name).await;
        let health = self.clone();
        tokio::spawn(async move {
            while ready.changed().await.is_ok() {
                health.say(name).await;
            }
        });
    }

    async fn say(&self, name: &'static str) {
        let (one, all) = {
            let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
            let says = |(_, ready): &Says| *ready.borrow();
            let mine = ready.iter().find(|(known, _)| *known == name);
            (
                mine.is_some_and(says),
                !ready.is_empty() && ready.iter().all(says),
            )
        };
        self.reporter.set_service_status(name, status(one)).await;
        self.reporter.set_service_status(READY, status(all)).await;
    }

    /// No new work, please.
    pub(crate) async fn stopping(&self) {
        let names = std::mem::take(&mut *self.ready.write().unwrap_or_else(PoisonError::into_inner));
        for (name, _) in names {
            self.reporter
                .set_service_status(name, ServingStatus::NotServing)
                .await;
        }
        self.reporter
            .set_service_status(READY, ServingStatus::NotServing)
            .await;
    }
}

fn status(ready: bool) -> ServingStatus {
    if ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    }
}

/// The routes of the admin port.
pub(crate) async fn routes(host: &Host, services: &[&Service]) -> (Health, Routes) {
    let (reporter, server) = tonic_health::server::health_reporter();
    let health = Health {
        reporter,
        ready: Arc::default(),
    };
    health
        .reporter
        .set_service_status(READY, ServingStatus::NotServing)
        .await;
    let mut routes = Routes::new(server);
    // Several services of one process serve the same contracts: each is listed once.
    let names: BTreeSet<&str> = services
        .iter()
        .flat_map(|service| service.registered())
        .copied()
        .collect();
    let reflection = || {
        let known = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTOR_BYTES)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        names
            .iter()
            .fold(known, |known, name| known.with_service_name(*name))
    };
    // Both versions: many clients still ask the older one.
    match (reflection().build_v1(), reflection().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => routes = routes.add_service(v1).add_service(v1alpha),
        (Err(error), _) | (_, Err(error)) => tracing::error!(%error, "no reflection"),
    }
    if host.clock.is_driven() {
        let named = |service: &&Service| Some((service.name(), service.feed_positions()?));
        let positions: Vec<(&'static str, Positions)> = services.iter().filter_map(named).collect();
        routes = routes.add_service(clock::server(host, positions));
    }
    (health, routes)
}
