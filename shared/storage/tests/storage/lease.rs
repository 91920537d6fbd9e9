use std::time::Duration;

use testkit::database::Database;

use crate::stage::{NAME, count, own, put, reason};

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
}
