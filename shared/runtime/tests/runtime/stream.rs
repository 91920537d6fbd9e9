//! A stream that is being opened.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::stream;
use proto::feed::v1::{WatchRequest, WatchResponse};
use runtime::{
    admission::{Admission, Admitted, Deadline},
    desk::Answers,
};
use testkit::{
    database::Database,
    stage::{Person, Stage},
};
use tokio::sync::Notify;

testkit::on_both! {
    async fn who_goes_away_while_a_stream_is_opened_frees_its_place_only_when_the_work_ends(database: Database) {
        let stage = Stage::open(&database, "organization", Vec::new).await;
        let admission = Admission::new(Admitted { concurrent: 1, queue: 0, watchers: 1 });
        let soon = Deadline(Instant::now() + Duration::from_secs(60));
        let mut request = Person::service("rating").asks(WatchRequest::default());
        request.extensions_mut().insert(admission.enter(true, soon).await.expect("a place"));

        let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (at_work, may_end) = (begun.clone(), end.clone());
        let opening = stage.desk.stream(request, move |_| async move {
            at_work.notify_one();
            may_end.notified().await;
            Ok(stream::empty())
        });
        let gone: Option<Answers<WatchResponse>> = tokio::select! {
            answer = opening => Some(answer.expect("a stream").into_inner()),
            () = begun.notified() => None,
        };
        assert!(gone.is_none(), "it is still at work");
        let refused = admission.enter(true, soon).await.expect_err("its place is taken");
        assert_eq!(refused.reason, "OVERLOADED");
        end.notify_one();
        while admission.enter(true, soon).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
