use std::{collections::BTreeMap, sync::Arc, time::Duration};

use access::Caller;
use futures::{Stream, StreamExt};
use kernel::id::RecordId;
use prost::Message;
use proto::feed::v1::{Event, SnapshotRequest, WatchRequest};
use storage::{Store, feed};
use testkit::database::Database;
use uuid::Uuid;

use crate::stage::{KIND, NAME, Stage, count, own, put, reason};

/// Everything behind a position that was committed before the call.
async fn behind(stage: &Stage, after: u64, kinds: &[&str]) -> Vec<Event> {
    let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let request = stage
        .call(Arc::new(Caller::service("member")), WatchRequest { after, kinds })
        .unwrap();
    let mut stream = Box::pin(feed::watch(stage.store.clone(), request).await.unwrap());
    until_caught_up(&mut stream).await
}

async fn until_caught_up(
    stream: &mut (impl Stream<Item = Result<proto::feed::v1::WatchResponse, kernel::RpcError>> + Unpin),
) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let message = stream.next().await.unwrap().unwrap();
        if message.events.is_empty() {
            return events;
        }
        events.extend(message.events);
    }
}

async fn records(stage: &Stage) -> (u64, Vec<Event>) {
    let request = stage
        .call(Arc::new(Caller::service("member")), SnapshotRequest::default())
        .unwrap();
    let mut stream = Box::pin(feed::snapshot(stage.store.clone(), request).await.unwrap());
    let first = stream.next().await.unwrap().unwrap();
    let mut events = first.events;
    while let Some(message) = stream.next().await {
        events.extend(message.unwrap().events);
    }
    (first.position, events)
}

/// Advances as another process would, over and over, until told to stop.
fn sequencer(store: Store, stop: tokio::sync::watch::Receiver<bool>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        while !*stop.borrow() {
            feed::advance(&store).await.unwrap();
            tokio::task::yield_now().await;
        }
    })
}

/// Rewrites a few records again and again, holding some transactions open while others come and go.
async fn writer(stage: Stage, records: Vec<Uuid>, number: usize) -> usize {
    let mut written = 0;
    for round in 0..15_usize {
        let id = records[(number + round) % records.len()];
        let tx = stage.store.begin(&stage.request(RecordId::new())).await.unwrap();
        let version = bump(&tx, id, stage.root).await;
        tx.event(KIND, id, stage.root, version, &format!("{number}/{round}"));
        if number.is_multiple_of(3) {
            // A long one: the others commit around it.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        if round % 5 == 4 {
            drop(tx);
        } else {
            tx.commit(String::new()).await.unwrap();
            written += 1;
        }
    }
    written
}

async fn bump(tx: &storage::Tx, id: Uuid, organization: kernel::id::OrganizationId) -> u64 {
    use sea_orm::{ConnectionTrait, Statement};
    let text = "INSERT INTO note (id, organization_id, version, said) VALUES ($1, $2, 1, '') \
        ON CONFLICT (id) DO UPDATE SET version = note.version + 1 RETURNING version";
    let values = [id.into(), Uuid::from(organization).into()];
    let statement = Statement::from_sql_and_values(tx.db().get_database_backend(), text, values);
    let row = tx.db().query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index::<i64>(0).unwrap().unsigned_abs()
}

testkit::on_both! {
    async fn long_and_short_writers_lose_nothing_and_every_record_keeps_its_order(database: Database) {
        let stage = Stage::on(&database).await;
        let other = database.replica(NAME, own).await;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let passes = [sequencer(stage.store.clone(), stopped.clone()), sequencer(other.clone(), stopped)];
        let notes: Vec<Uuid> = (0..5).map(|_| RecordId::new().0).collect();
        let writers: Vec<_> = (0..12_usize)
            .map(|number| {
                let store = if number.is_multiple_of(2) { stage.store.clone() } else { other.clone() };
                store.scopes().apply([crate::stage::node(&[stage.root])]);
                tokio::spawn(writer(Stage::of(store, stage.root), notes.clone(), number))
            })
            .collect();
        let mut committed = 0;
        for writer in writers {
            committed += writer.await.unwrap();
        }
        stop.send(true).unwrap();
        for pass in passes {
            pass.await.unwrap();
        }

        let events = behind(&stage, 0, &[]).await;
        assert_eq!(events.len(), committed, "nothing lost, nothing invented");
        let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
        for (index, event) in events.iter().enumerate() {
            assert_eq!(event.position, index as u64 + 1, "dense");
            let last = versions.entry(&event.id).or_default();
            assert_eq!(event.version, *last + 1, "the order of commit of {}", event.id);
            *last = event.version;
        }
        assert_eq!(count(&stage.store, "SELECT count(*) FROM audit").await, committed as i64, "one entry a write");
        assert_eq!(storage::audit::check(&stage.store).await.unwrap().broken_at, 0, "one chain, no fork");
    }

    async fn a_cursor_resumes_at_every_position(database: Database) {
        let stage = Stage::on(&database).await;
        for version in 1..=12 {
            stage.note(RecordId::new().0, version, "text").await.unwrap();
        }
        let all = behind(&stage, 0, &[]).await;
        for after in 0..=12_u64 {
            assert_eq!(behind(&stage, after, &[]).await, all[usize::try_from(after).unwrap()..], "after {after}");
        }
        let request = stage.call(Arc::new(Caller::service("member")), WatchRequest { after: 13, kinds: vec![] }).unwrap();
        assert_eq!(reason(feed::watch(stage.store.clone(), request).await.map(drop)), "CURSOR_AHEAD");
    }

    async fn more_than_one_message_holds_comes_in_several(database: Database) {
        let stage = Stage::on(&database).await;
        let tx = stage.store.begin(&stage.request(RecordId::new())).await.unwrap();
        for _ in 0..2500 {
            tx.event(KIND, RecordId::new().0, stage.root, 1, &"text".to_owned());
        }
        tx.event("organization.other", RecordId::new().0, stage.root, 1, &"x".repeat(3 << 20));
        tx.commit(String::new()).await.unwrap();
        assert_eq!(behind(&stage, 0, &[]).await.len(), 2501);
        assert_eq!(behind(&stage, 0, &[KIND]).await.len(), 2500);
        assert_eq!(behind(&stage, 0, &["organization.other"]).await.len(), 1);
        assert_eq!(records(&stage).await.1.len(), 2501);
    }

    async fn a_snapshot_holds_the_latest_of_each_record_and_nothing_that_is_gone(database: Database) {
        let stage = Stage::on(&database).await;
        let (kept, gone) = (RecordId::new(), RecordId::new());
        stage.note(kept.0, 1, "first").await.unwrap();
        stage.note(gone.0, 1, "for now").await.unwrap();
        stage.note(kept.0, 2, "second").await.unwrap();
        let tx = stage.store.begin(&stage.request(RecordId::new())).await.unwrap();
        tx.gone(KIND, gone.0, stage.root, 2);
        tx.commit(String::new()).await.unwrap();

        let (position, events) = records(&stage).await;
        assert_eq!(position, 4);
        let [event] = events.as_slice() else { panic!("one record, not {events:?}") };
        assert_eq!((event.id.clone(), event.version, event.position), (kept.to_string(), 2, 0));
        assert_eq!(String::decode(event.body.as_slice()).unwrap(), "second");
        let tombstone = behind(&stage, 3, &[]).await.remove(0);
        assert!(tombstone.deleted && tombstone.body.is_empty() && tombstone.id == gone.to_string());
    }

    async fn a_watcher_hears_of_a_commit_while_the_feed_runs(database: Database) {
        let stage = Stage::on(&database).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(feed::run(stage.store.clone(), async move { drop(stopped.await) }));
        let request = stage.call(Arc::new(Caller::service("member")), WatchRequest::default()).unwrap();
        let mut stream = Box::pin(feed::watch(stage.store.clone(), request).await.unwrap());
        assert!(until_caught_up(&mut stream).await.is_empty());
        stage.note(RecordId::new().0, 1, "news").await.unwrap();
        let message = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.unwrap().unwrap().unwrap();
        assert_eq!((message.events.len(), message.head), (1, 1));
        stop.send(()).unwrap();
        running.await.unwrap();
        let positions = feed::positions(&stage.store).await.unwrap();
        assert_eq!((positions.head, positions.pending), (1, 0));
    }

    async fn what_is_committed_and_not_yet_in_the_feed_is_pending(database: Database) {
        let stage = Stage::on(&database).await;
        let tx = stage.store.begin(&stage.request(RecordId::new())).await.unwrap();
        put(&tx, RecordId::new().0, stage.root, 1, "text").await.unwrap();
        tx.commit(String::new()).await.unwrap();
        let before = feed::positions(&stage.store).await.unwrap();
        assert_eq!((before.head, before.pending), if database.is_postgres() { (0, 2) } else { (1, 0) });
        assert_eq!(feed::advance(&stage.store).await.unwrap(), 1);
    }
}
