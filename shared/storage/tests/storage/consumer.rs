use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use access::Caller;
use async_trait::async_trait;
use futures::{Stream, StreamExt};
use kernel::{
    Fault, RpcError,
    id::{OrganizationId, RecordId},
};
use proto::{
    feed::v1::{
        Event, SnapshotRequest, SnapshotResponse, WatchRequest, WatchResponse,
        feed_service_client::FeedServiceClient,
        feed_service_server::{FeedService, FeedServiceServer},
    },
    organization::v1::{Organization, OrganizationKind, Stood},
};
use storage::{
    Store, Tx,
    consumer::{Consumer, Organizations, Projection},
    feed,
};
use testkit::database::Database;
use tonic::{Request, Response, Status};

use crate::stage::{KIND, Stage, count, execute, own};

/// The source's feed, without a desk before it.
#[derive(Clone)]
struct Feed(Arc<Stage>);

type Messages<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

#[async_trait]
impl FeedService for Feed {
    type WatchStream = Messages<WatchResponse>;
    type SnapshotStream = Messages<SnapshotResponse>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let request = self
            .0
            .call(Arc::new(Caller::service("member")), request.into_inner())
            .unwrap();
        let stream = feed::watch(self.0.store.clone(), request)
            .await
            .map_err(wire::status)?;
        Ok(Response::new(Box::pin(
            stream.map(|item| item.map_err(wire::status)),
        )))
    }

    async fn snapshot(
        &self,
        request: Request<SnapshotRequest>,
    ) -> Result<Response<Self::SnapshotStream>, Status> {
        let request = self
            .0
            .call(Arc::new(Caller::service("member")), request.into_inner())
            .unwrap();
        let stream = feed::snapshot(self.0.store.clone(), request)
            .await
            .map_err(wire::status)?;
        Ok(Response::new(Box::pin(
            stream.map(|item| item.map_err(wire::status)),
        )))
    }
}

/// Adds each event to a row: an event that is applied twice shows.
#[derive(Default)]
struct Tally {
    remembered: Arc<Mutex<Vec<u64>>>,
    /// So many batches fail after their rows were written.
    kills: Arc<AtomicU32>,
}

#[async_trait]
impl Projection for Tally {
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }

    async fn apply(&self, tx: &Tx, events: &[&Event]) -> Result<(), RpcError> {
        for event in events {
            let id: RecordId = event.id.parse().unwrap();
            let text = "INSERT INTO note (id, organization_id, version, said) VALUES ($1, $1, 1, '') \
                ON CONFLICT (id) DO UPDATE SET version = note.version + 1";
            execute(tx, text, [id.0.into()]).await?;
        }
        let kill = self
            .kills
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if kill.is_ok() {
            Err(Fault::new("killed before the commit").into())
        } else {
            Ok(())
        }
    }

    fn remember(&self, events: &[&Event]) {
        self.remembered
            .lock()
            .unwrap()
            .extend(events.iter().map(|event| event.position));
    }
}

fn another(database: &Database) -> Database {
    if database.is_postgres() {
        Database::postgres()
    } else {
        Database::sqlite()
    }
}

fn consumer(store: &Store, source: &Arc<Stage>, projections: Vec<Box<dyn Projection>>) -> Consumer {
    let client = FeedServiceClient::new(FeedServiceServer::new(Feed(source.clone())));
    Consumer::new(store.clone(), "organization", client, projections)
}

async fn notes(source: &Stage, count: u64) {
    for version in 1..=count {
        source.note(RecordId::new().0, version, "text").await.unwrap();
    }
}

/// How many notes there are, and how often the most counted one was counted.
async fn tally(store: &Store) -> (i64, i64) {
    let rows = count(store, "SELECT count(*) FROM note").await;
    (
        rows,
        count(store, "SELECT coalesce(max(version), 0) FROM note").await,
    )
}

testkit::on_both! {
    async fn two_replicas_apply_each_event_once_and_both_remember_it(database: Database) {
        let source = Arc::new(Stage::on(&database).await);
        let here = another(&database);
        let stores = [here.open("member", own).await, here.replica("member", own).await];
        let tallies = [Tally::default(), Tally::default()];
        let memories: Vec<_> = tallies.iter().map(|tally| tally.remembered.clone()).collect();
        let consumers: Vec<_> =
            stores.iter().zip(tallies).map(|(store, tally)| consumer(store, &source, vec![Box::new(tally)])).collect();
        for consumer in &consumers {
            consumer.pull_now().await.unwrap();
        }
        for _ in 0..6 {
            notes(&source, 5).await;
            let pulls = consumers.iter().map(|one| { let one = one.clone(); tokio::spawn(async move { one.pull_now().await }) });
            for pull in pulls.collect::<Vec<_>>() {
                pull.await.unwrap().unwrap();
            }
        }
        assert_eq!(tally(&stores[0]).await, (30, 1));
        // What the first snapshot held is read from the database instead.
        let after: Vec<u64> = (6..=30).collect();
        for (consumer, memory) in consumers.iter().zip(memories) {
            assert_eq!(consumer.position(), 30);
            assert_eq!(*memory.lock().unwrap(), after);
        }
        let cursors = feed::positions(&stores[1]).await.unwrap().cursors;
        assert_eq!(cursors, BTreeMap::from([("organization".to_owned(), 30)]));
    }

    async fn a_consumer_killed_before_the_commit_applies_the_events_once_when_it_comes_back(database: Database) {
        let source = Arc::new(Stage::on(&database).await);
        let here = another(&database);
        let store = here.open("member", own).await;
        notes(&source, 4).await;
        let kills = Arc::new(AtomicU32::new(1));
        let kill = |left| { kills.store(left, Ordering::SeqCst); Tally { kills: kills.clone(), ..Tally::default() } };
        // While the first snapshot is taken.
        assert!(consumer(&store, &source, vec![Box::new(kill(1))]).pull_now().await.is_err());
        assert_eq!(tally(&store).await, (0, 0));
        let back = consumer(&store, &source, vec![Box::new(kill(0))]);
        back.pull_now().await.unwrap();
        assert_eq!((tally(&store).await, back.position()), ((4, 1), 4));
        // Between two events.
        notes(&source, 3).await;
        kills.store(1, Ordering::SeqCst);
        assert!(back.pull_now().await.is_err());
        assert_eq!((tally(&store).await, back.position()), ((4, 1), 4));
        consumer(&store, &source, vec![Box::new(kill(0))]).pull_now().await.unwrap();
        assert_eq!(tally(&store).await, (7, 1));
        assert_eq!(count(&store, "SELECT count(*) FROM audit").await, 0, "copies are audited where they happened");
    }

    async fn organizations_are_known_in_memory_and_to_queries_after_a_pull(database: Database) {
        let source = Arc::new(Stage::on(&database).await);
        let here = another(&database);
        let store = here.open("member", own).await;
        let consumer = consumer(&store, &source, vec![Box::new(Organizations::new(&store))]);
        let [root, branch] = std::array::from_fn(|_| OrganizationId::new());
        let told = |id: OrganizationId, path: &[OrganizationId], version| Organization {
            id: id.to_string(),
            path: path.iter().map(ToString::to_string).collect(),
            kind: OrganizationKind::Branch as i32,
            founded_on: "2020-02-29".into(),
            version,
            ..Default::default()
        };
        let tell = |all: Vec<Organization>| {
            let source = source.clone();
            async move {
                let tx = source.store.begin(&source.request(RecordId::new())).await.unwrap();
                for one in all {
                    let id: OrganizationId = one.id.parse().unwrap();
                    tx.event("organization.organization", id.into(), id, one.version, &one);
                }
                tx.commit(String::new()).await.unwrap();
            }
        };
        tell(vec![told(root, &[root], 1), told(branch, &[root, branch], 1)]).await;
        consumer.pull_now().await.unwrap();
        assert_eq!(store.scopes().len(), 2);
        // Twice in one message: the later one counts.
        let new = OrganizationId::new();
        tell(vec![told(new, &[new], 1), told(new, &[root, new], 2)]).await;
        consumer.pull_now().await.unwrap();
        assert!(store.scopes().covers(root, new));
        assert_eq!(count(&store, "SELECT count(*) FROM org_scope").await, 3);
        assert_eq!(count(&store, "SELECT max(version) FROM org_scope").await, 2);

        let before = Stood {
            until: "2025-06-01".into(),
            path: vec![root.to_string(), new.to_string()],
            kind: OrganizationKind::TemporaryBranch as i32,
            ..Default::default()
        };
        let moved = Organization { earlier: vec![before], ..told(new, &[root, branch, new], 3) };
        tell(vec![moved]).await;
        consumer.pull_now().await.unwrap();
        let (day, then) = (|text: &str| text.parse().unwrap(), |store: &Store, day| store.scopes().subtree_on(branch, day).len());
        let after_a_restart = here.replica("member", own).await;
        for store in [&store, &after_a_restart] {
            assert_eq!((then(store, day("2025-05-31")), then(store, day("2025-06-01"))), (1, 2));
            let kind = store.scopes().get(new).unwrap().on(day("2025-05-31")).kind;
            assert_eq!(kind, kernel::OrganizationKind::TemporaryBranch);
        }
    }

    async fn a_running_consumer_becomes_ready_follows_and_stops(database: Database) {
        let source = Arc::new(Stage::on(&database).await);
        notes(&source, 2).await;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let end = |mut stopped: tokio::sync::watch::Receiver<bool>| async move { drop(stopped.wait_for(|stop| *stop).await) };
        let feeding = tokio::spawn(feed::run(source.store.clone(), end(stopped.clone())));
        let here = another(&database);
        let store = here.open("member", own).await;
        let tally = Tally::default();
        let memory = tally.remembered.clone();
        let consumer = consumer(&store, &source, vec![Box::new(tally)]);
        let following = tokio::spawn(consumer.clone().run(end(stopped)));
        consumer.ready().wait_for(|ready| *ready).await.unwrap();
        assert_eq!(consumer.position(), 2);
        notes(&source, 3).await;
        while consumer.position() < 5 {
            tokio::task::yield_now().await;
        }
        assert_eq!(*memory.lock().unwrap(), [3, 4, 5], "what the snapshot held is recalled, not remembered");
        stop.send(true).unwrap();
        following.await.unwrap();
        feeding.await.unwrap();
    }
}
