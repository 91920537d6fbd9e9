//! The feed of a service whose process is to end.

use futures::StreamExt;
use proto::feed::v1::{WatchRequest, feed_service_server::FeedService};
use runtime::desk::feed::Feed;
use testkit::{
    database::Database,
    stage::{Person, Stage},
};
use tokio_util::sync::CancellationToken;

testkit::on_both! {
    async fn watchers_are_let_go_when_the_process_is_to_end(database: Database) {
        let stage = Stage::open(&database, "organization", Vec::new).await;
        let stop = CancellationToken::new();
        let feed = Feed::new(stage.desk.clone(), stage.store.clone(), stop.clone());
        let asked = Person::service("rating").asks(WatchRequest::default());
        let mut changes = feed.watch(asked).await.expect("watched").into_inner();
        let first = changes.next().await.expect("a message").expect("good");
        assert!(first.events.is_empty(), "caught up");
        stop.cancel();
        assert!(changes.next().await.is_none(), "the stream ends");
    }
}
