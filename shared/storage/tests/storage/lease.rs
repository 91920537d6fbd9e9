use std::time::Duration;

use kernel::RpcError;
use sea_orm::Value;
use testkit::database::Database;

use crate::stage::{NAME, count, execute, own, put, reason};

testkit::on_both! {
    async fn one_worker_at_a_time_and_a_paused_one_cannot_write_late(database: Database) {
        let store = database.open(NAME, own).await;
        let other = database.replica(NAME, own).await;
        // A lease of no length has ended as soon as it is taken: what a pause does to a longer one.
        let paused = store.lease("holds", Duration::ZERO).await.unwrap().expect("free");
        let holder = other.lease("holds", Duration::from_secs(60)).await.unwrap().expect("ended");
        assert!(store.lease("holds", Duration::from_secs(60)).await.unwrap().is_none(), "held");

        let late = store.work("holds").await.unwrap();
        put(&late, kernel::id::RecordId::new().0, kernel::id::OrganizationId::new(), 1, "late").await.unwrap();
        assert_eq!(reason(paused.fence(&late).await), "LEASE_LOST");
        drop(late);

        let tx = other.work("holds").await.unwrap();
        holder.fence(&tx).await.unwrap();
        put(&tx, kernel::id::RecordId::new().0, kernel::id::OrganizationId::new(), 1, "in time").await.unwrap();
        tx.commit(()).await.unwrap();
        assert_eq!(count(&store, "SELECT count(*) FROM note").await, 1);
        holder.release().await.unwrap();
        assert!(store.lease("holds", Duration::from_secs(60)).await.unwrap().is_some());
    }

    async fn work_that_takes_longer_keeps_its_lease_and_stops_once_it_is_lost(database: Database) {
        let store = database.open(NAME, own).await;
        let lease = store.lease("holds", Duration::from_millis(30)).await.unwrap().expect("free");
        // As after a pause: nobody would have to wait for it any more.
        execute(&store.own(), "UPDATE lease SET until = $1", [long_ago()]).await.unwrap();
        let renewed = async {
            let held = || count(&store, "SELECT count(*) FROM lease WHERE until > '2001-01-01'");
            while held().await == 0 {
                tokio::task::yield_now().await;
            }
            Ok(7)
        };
        assert_eq!(lease.during(renewed).await.unwrap(), 7);

        execute(&store.own(), "UPDATE lease SET token = token + 1", []).await.unwrap();
        let never = std::future::pending::<Result<(), RpcError>>();
        assert_eq!(reason(lease.during(never).await), "LEASE_LOST");
    }
}

fn long_ago() -> Value {
    let moment: kernel::Instant = "2000-01-01T00:00:00Z".parse().unwrap();
    moment.into()
}
