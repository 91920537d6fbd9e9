//! `FeedService.Snapshot`.

use futures::TryStreamExt;
use kernel::{Role, id::RecordId};
use proto::feed::v1::{Event, SnapshotRequest, feed_service_server::FeedService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};
use tonic::Status;

use crate::stage::{KIND, World};

/// The position that the snapshot includes, and its records.
async fn snapshot(world: &World, who: &Person, kind: &str) -> Result<(u64, Vec<Event>), Status> {
    let asked = SnapshotRequest {
        kinds: vec![kind.into()],
    };
    let stream = world.feed.snapshot(who.asks(asked)).await?.into_inner();
    let messages: Vec<_> = stream.try_collect().await?;
    let position = messages.first().map_or(0, |message| message.position);
    Ok((
        position,
        messages.into_iter().flat_map(|message| message.events).collect(),
    ))
}

testkit::on_both! {
    async fn each_record_comes_once_as_it_is_now_with_the_position_that_is_included(database: Database) {
        let world = World::open(&database).await;
        let (one, other) = (RecordId::new(), RecordId::new());
        for (record, version) in [(one, 1), (other, 1), (one, 2)] {
            world.write(world.branch, record, version, None).await.expect("written");
        }
        let (position, events) = snapshot(&world, &Person::service("resource"), KIND).await.expect("a snapshot");
        assert_eq!(position, world.sequenced().await);
        let mut found: Vec<(String, u64)> = events.into_iter().map(|event| (event.id, event.version)).collect();
        found.sort();
        let mut wanted = [(one.to_string(), 2), (other.to_string(), 1)];
        wanted.sort();
        assert_eq!(found, wanted);
        let (_, none) = snapshot(&world, &Person::service("resource"), "member.other").await.expect("a snapshot");
        assert_eq!(none, []);
    }

    async fn persons_take_no_snapshot(database: Database) {
        let world = World::open(&database).await;
        let who = Person::with(&[(Role::OrgDept, world.city)]);
        assert_eq!(reason(&snapshot(&world, &who, KIND).await.expect_err("refused")), "SERVICE_ONLY");
    }
}
