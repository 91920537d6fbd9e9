//! `FeedService.Watch`.

use futures::StreamExt;
use kernel::{Role, id::RecordId};
use proto::feed::v1::{Event, WatchRequest, WatchResponse, feed_service_server::FeedService};
use runtime::desk::Answers;
use testkit::{
    database::Database,
    stage::{Person, reason, told},
};
use tonic::Status;

use crate::stage::{KIND, World};

async fn watch(
    world: &World,
    who: &Person,
    after: u64,
    kinds: &[&str],
) -> Result<Answers<WatchResponse>, Status> {
    let asked = WatchRequest {
        after,
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    Ok(world.feed.watch(who.asks(asked)).await?.into_inner())
}

/// What comes until the stream says that it has caught up.
async fn caught_up(stream: &mut Answers<WatchResponse>) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let message = stream.next().await.expect("a message").expect("a good one");
        if message.events.is_empty() {
            return events;
        }
        events.extend(message.events);
    }
}

testkit::on_both! {
    async fn changes_come_in_the_order_of_their_positions_and_go_on_coming(database: Database) {
        let world = World::open(&database).await;
        let records = [RecordId::new(), RecordId::new()];
        for (at, record) in records.iter().enumerate() {
            world.write(world.branch, *record, at as u64 + 1, None).await.expect("written");
        }
        let mut stream = watch(&world, &Person::service("activity"), 0, &[]).await.expect("watched");
        let events = caught_up(&mut stream).await;
        let ids: Vec<String> = events.iter().map(|event| event.id.clone()).collect();
        assert_eq!(ids, records.map(|id| id.to_string()));
        assert!(events.iter().all(|event| event.kind == KIND && event.organization_id == world.branch.to_string()));
        assert!(events[0].position < events[1].position);

        let later = RecordId::new();
        world.write(world.branch, later, 1, None).await.expect("written");
        world.sequenced().await;
        let mut behind = watch(&world, &Person::service("activity"), events[0].position, &[]).await.expect("watched");
        let ids: Vec<String> = caught_up(&mut behind).await.into_iter().map(|event| event.id).collect();
        assert_eq!(ids, [records[1].to_string(), later.to_string()], "behind the cursor");
        let mut others = watch(&world, &Person::service("activity"), 0, &["member.other"]).await.expect("watched");
        assert_eq!(caught_up(&mut others).await, [], "of the kinds asked for");
    }

    async fn a_cursor_ahead_of_the_feed_is_refused_and_persons_do_not_watch(database: Database) {
        let world = World::open(&database).await;
        let ahead = watch(&world, &Person::service("rating"), 9, &[]).await.err().expect("refused");
        assert_eq!((reason(&ahead), told(&ahead)["head"].as_str()), ("CURSOR_AHEAD".to_owned(), "0"));
        for who in [Person::with(&[(Role::Auditor, world.city)]), Person::service("zhibu")] {
            let refused = watch(&world, &who, 0, &[]).await.err().expect("refused");
            assert_eq!(reason(&refused), "SERVICE_ONLY");
        }
    }
}
