use std::time::Duration;

use kernel::id::{OrganizationId, RecordId};
use sea_orm::{ConnectionTrait, Statement};
use storage::Reading;
use testkit::database::Database;

use crate::stage::{NAME, Stage, count, execute, own, put, reason};

const INSERT: &str = "INSERT INTO note (id, organization_id, version, said) VALUES ($1, $1, 1, '')";

testkit::on_both! {
    async fn begins_that_are_cancelled_lose_no_acknowledged_write(database: Database) {
        let mut database = database;
        database.settings.pool = 3;
        let store = database.open(NAME, own).await;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let cancelling = store.clone();
        let storm = tokio::spawn(async move {
            let mut rounds = 0;
            while !*stopped.borrow() || rounds < 200 {
                // Each try is cut at another moment.
                let patience = Duration::from_micros(rounds % 60 * 20);
                drop(tokio::time::timeout(patience, cancelling.work("cancelled")).await);
                rounds += 1;
            }
        });
        let acknowledged = 150;
        for _ in 0..acknowledged {
            execute(&store.own(), INSERT, [RecordId::new().0.into()]).await.expect("an acknowledged insert");
        }
        stop.send(true).unwrap();
        storm.await.unwrap();
        store.close().await.unwrap();
        let again = database.replica(NAME, own).await;
        assert_eq!(count(&again, "SELECT count(*) FROM note").await, acknowledged);
    }

    async fn a_snapshot_sees_one_moment(database: Database) {
        let stage = Stage::on(&database).await;
        let snapshot = stage.store.snapshot(&stage.request(RecordId::new())).await.unwrap();
        let seen = || async {
            let statement = Statement::from_string(snapshot.db().get_database_backend(), "SELECT count(*) FROM note");
            let row = snapshot.db().query_one_raw(statement).await.unwrap().unwrap();
            row.try_get_by_index::<i64>(0).unwrap()
        };
        assert_eq!(seen().await, 0);
        stage.note(RecordId::new().0, 1, "text").await.unwrap();
        assert_eq!(seen().await, 0);
        assert_eq!(count(&stage.store, "SELECT count(*) FROM note").await, 1);
    }

    async fn writers_that_read_first_never_see_a_locked_database(database: Database) {
        let store = database.open(NAME, own).await;
        let (id, organization) = (RecordId::new().0, OrganizationId::new());
        let tx = store.work("first").await.unwrap();
        put(&tx, id, organization, 0, "").await.unwrap();
        tx.commit(()).await.unwrap();
        let tasks: Vec<_> = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    let tx = store.work("add").await.unwrap();
                    execute(&tx, "UPDATE note SET version = version + 1 WHERE id = $1", [id.into()]).await.unwrap();
                    tx.commit(()).await.unwrap();
                }
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(count(&store, "SELECT version FROM note").await, 200);
    }

    async fn a_request_that_nobody_waits_for_does_not_begin(database: Database) {
        let stage = Stage::on(&database).await;
        let gate = access::Gate::new(stage.store.scopes().clone());
        let body = stage.body(RecordId::new());
        let call = access::Call {
            caller: std::sync::Arc::new(stage.request(RecordId::new()).caller().clone()),
            deadline: std::time::Instant::now(),
        };
        let view = prost_reflect::ReflectMessage::transcode_to_dynamic(&body);
        let late = gate.authorize(call, &view, body, crate::stage::day()).unwrap();
        assert_eq!(reason(stage.store.begin(&late).await), "DEADLINE_EXCEEDED");
    }

    async fn a_write_that_cannot_be_recorded_does_not_happen(database: Database) {
        let stage = Stage::on(&database).await;
        let table = if database.is_postgres() { "outbox" } else { "audit" };
        database.meddle(&stage.store, &format!("ALTER TABLE {table} RENAME TO away")).await;
        assert!(stage.note(RecordId::new().0, 1, "unseen").await.is_err());
        assert_eq!(count(&stage.store, "SELECT count(*) FROM note").await, 0);
    }

    async fn a_key_that_was_taken_meanwhile_is_no_fault(database: Database) {
        let store = database.open(NAME, own).await;
        let id = RecordId::new().0;
        execute(&store.own(), INSERT, [id.into()]).await.expect("free");
        assert_eq!(reason(execute(&store.own(), INSERT, [id.into()]).await), "CONCURRENT_CHANGE");
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_what_fits_again_is_kept() {
    let mut database = Database::sqlite();
    database.settings.pool = 1;
    let stage = Stage::on(&database).await;
    let pages = count(&stage.store, "PRAGMA page_count").await;
    count(&stage.store, &format!("PRAGMA max_page_count = {}", pages + 2)).await;
    let long = "满".repeat(4000);
    let mut kept = 0;
    let full = loop {
        match stage.note(RecordId::new().0, 1, &long).await {
            Ok(_) => kept += 1,
            Err(error) => break Err::<(), _>(error),
        }
    };
    assert_eq!(reason(full), "STORE_FULL");
    count(&stage.store, "PRAGMA max_page_count = 1000000").await;
    stage.note(RecordId::new().0, 1, &long).await.expect("room again");
    assert_eq!(count(&stage.store, "SELECT count(*) FROM note").await, kept + 1);
}

/// As it does on a full disk when it commits: what comes next must not be written inside what is no more.
#[tokio::test]
async fn a_transaction_that_sqlite_gave_up_by_itself_takes_no_later_write_with_it() {
    let mut database = Database::sqlite();
    database.settings.pool = 1;
    let stage = Stage::on(&database).await;
    let id = RecordId::new().0;
    execute(&stage.store.own(), INSERT, [id.into()])
        .await
        .expect("free");
    let tx = stage.store.work("given up").await.unwrap();
    let twice = INSERT.replace("INSERT", "INSERT OR ROLLBACK");
    execute(&tx, &twice, [id.into()]).await.expect_err("taken");
    drop(tx);
    // One that is dropped in between leaves it open.
    drop(stage.store.work("dropped").await.unwrap());
    stage
        .note(RecordId::new().0, 1, "acknowledged")
        .await
        .expect("a write of its own");
    let other = database.replica(NAME, own).await;
    assert_eq!(count(&other, "SELECT count(*) FROM note").await, 2);
}
