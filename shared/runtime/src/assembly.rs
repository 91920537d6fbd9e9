//! How a service with a database is put together, the same for each of them: store, desk, feeds that it follows,
//! what every service serves, and what it does in the background.

use std::sync::Arc;

use access::{Gate, Scopes, Verifier};
use async_trait::async_trait;
use kernel::RpcError;
use proto::{
    audit::v1::audit_service_server::AuditServiceServer,
    clock::v1::PositionsResponse,
    feed::v1::{Event, feed_service_client::FeedServiceClient, feed_service_server::FeedServiceServer},
    indicator::v1::indicator_service_server::IndicatorServiceServer,
    organization::v1::CallerChange,
};
use sea_orm_migration::MigrationTrait;
use storage::{
    Store, Tx,
    consumer::{Consumer, Organizations, Projection},
};
use tokio::sync::watch;
use wire::Pages;

use crate::{
    database::{database, refused},
    desk::{
        Desk,
        audit::Audit,
        feed::Feed,
        indicator::{Counter, Indicators},
    },
    error::StartError,
    host::Parts,
    service::Service,
    wakeups::between_replicas,
};

pub use storage::consumer::node;

/// A service on its way to being started.
pub struct Assembly {
    /// The database.
    pub store: Store,
    /// The path of every request.
    pub desk: Desk,
    /// Page tokens.
    pub pages: Pages,
    name: &'static str,
    consumers: Vec<Consumer>,
    parts: Parts,
}

impl Assembly {
    /// Opens the service's database and follows organization's feed for the scope; `also` is what else is wanted
    /// of that feed. Where the process makes its own keys (the one program), migrations run first; in a cluster
    /// they have a job of their own, and a database of another schema is refused.
    pub async fn open(
        parts: &Parts,
        name: &'static str,
        migrations: fn() -> Vec<Box<dyn MigrationTrait>>,
        also: Vec<Box<dyn Projection>>,
    ) -> Result<Self, StartError> {
        let settings = database(name, &parts.settings.database);
        let scopes = Scopes::default();
        let open = async {
            if parts.shared.own_keys {
                storage::migrate(&settings, name, migrations()).await?;
            }
            Store::open(&settings, name, migrations(), parts.keys.clone(), scopes.clone()).await
        };
        let store = match open.await {
            Ok(store) => store,
            Err(error) => return Err(refused(name, &settings.url, error).await),
        };
        let mut projections: Vec<Box<dyn Projection>> = vec![
            Box::new(Organizations::new(&store)),
            Box::new(Epochs(parts.verifier.clone())),
        ];
        projections.extend(also);
        let client = FeedServiceClient::new(parts.links.link("organization"));
        let organizations = Consumer::new(store.clone(), "organization", client, projections);
        let looked = organizations.clone();
        let desk = Desk::new(
            Gate::new(scopes),
            parts.verifier.clone(),
            store.clone(),
            parts.clock.clone(),
        )
        .catching_up(Arc::new(move || {
            let consumer = looked.clone();
            Box::pin(async move {
                if let Err(error) = consumer.pull_now().await {
                    tracing::warn!(%error, "organization's feed does not answer");
                }
            })
        }));
        let pages = Pages::new(parts.keys.clone());
        Ok(Self {
            store,
            desk,
            pages,
            name,
            consumers: vec![organizations],
            parts: parts.clone(),
        })
    }

    /// Follows another service's feed too.
    #[must_use]
    pub fn follow(mut self, source: &'static str, projections: Vec<Box<dyn Projection>>) -> Self {
        let client = FeedServiceClient::new(self.parts.links.link(source));
        self.consumers
            .push(Consumer::new(self.store.clone(), source, client, projections));
        self
    }

    /// The consumer of a service's feed, to catch up with it at once.
    #[must_use]
    pub fn consumer(&self, source: &str) -> Option<Consumer> {
        self.consumers
            .iter()
            .find(|consumer| consumer.source() == source)
            .cloned()
    }

    /// The service: feed, audit trail and indicators offered, feeds followed, ready after the first snapshots.
    #[must_use]
    pub fn service(self, counter: impl Counter) -> Service {
        let Self {
            store,
            desk,
            pages,
            name,
            consumers,
            parts,
        } = self;
        let (said, ready) = watch::channel(false);
        let waiting: Vec<_> = consumers.iter().map(Consumer::ready).collect();
        let mut service = Service::new(name)
            .offer(FeedServiceServer::new(Feed::new(
                desk.clone(),
                store.clone(),
                parts.stop,
            )))
            .offer(AuditServiceServer::new(Audit {
                desk: desk.clone(),
                store: store.clone(),
                pages,
            }))
            .offer(IndicatorServiceServer::new(Indicators {
                desk,
                store: store.clone(),
                counter,
            }))
            .ready_when(ready)
            .positions(positions(store.clone()));
        let feed = store.clone();
        service = service.background("feed", move |stop| {
            let store = feed.clone();
            async move {
                storage::feed::run(store, stop.cancelled_owned()).await;
                Ok(())
            }
        });
        if parts.wakeups.between_processes() {
            let wakeups = parts.wakeups;
            service = service.background("wake-ups", move |stop| {
                let (store, wakeups) = (store.clone(), wakeups.clone());
                async move {
                    let head = storage::feed::head(&store);
                    let look = || storage::feed::nudge(&store);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = between_replicas(wakeups, name, head, look) => {}
                    }
                    Ok(())
                }
            });
        }
        for consumer in consumers {
            service = service.background("consumer", move |stop| {
                let consumer = consumer.clone();
                async move {
                    consumer.run(stop.cancelled_owned()).await;
                    Ok(())
                }
            });
        }
        service.background("readiness", move |stop| {
            let (said, waiting) = (said.clone(), waiting.clone());
            async move {
                for mut one in waiting {
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        _ = one.wait_for(|ready| *ready) => {}
                    }
                }
                said.send_replace(true);
                Ok(())
            }
        })
    }
}

fn positions(store: Store) -> crate::service::Positions {
    Arc::new(move || {
        let store = store.clone();
        Box::pin(async move {
            let found = storage::feed::positions(&store).await?;
            let cursors = found.cursors.into_iter().collect();
            Ok(PositionsResponse {
                head: found.head,
                pending: found.pending,
                cursors,
                due: 0,
            })
        })
    })
}

/// Whose grants have changed: contexts of an older epoch are refused from then on.
struct Epochs(Verifier);

#[async_trait]
impl Projection for Epochs {
    fn kinds(&self) -> &'static [&'static str] {
        &["organization.caller"]
    }

    async fn apply(&self, _tx: &Tx, _events: &[&Event]) -> Result<(), RpcError> {
        // Memory alone: a context outlives no restart by more than a minute.
        Ok(())
    }

    fn remember(&self, events: &[&Event]) {
        for event in events {
            if let Ok(change) = <CallerChange as prost::Message>::decode(event.body.as_slice()) {
                self.0.expect_epoch(&change.subject, change.epoch);
            }
        }
    }
}
