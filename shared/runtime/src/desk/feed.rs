//! `zhibu.feed.v1` of a service: the door to what storage keeps.

use futures::StreamExt;
use proto::feed::v1::{
    SnapshotRequest, SnapshotResponse, WatchRequest, WatchResponse, feed_service_server::FeedService,
};
use storage::Store;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::{Answers, Desk};

/// The feed of one service.
#[derive(Clone)]
pub struct Feed {
    desk: Desk,
    store: Store,
    stop: CancellationToken,
}

impl Feed {
    /// The feed of a store. Watchers are let go when the process is to end: they would never go by themselves,
    /// and the drain would wait for them to the last second.
    #[must_use]
    pub fn new(desk: Desk, store: Store, stop: CancellationToken) -> Self {
        Self { desk, store, stop }
    }
}

#[tonic::async_trait]
impl FeedService for Feed {
    type WatchStream = Answers<WatchResponse>;
    type SnapshotStream = Answers<SnapshotResponse>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let (store, stop) = (self.store.clone(), self.stop.clone());
        self.desk
            .stream(request, |request| async move {
                let changes = storage::feed::watch(store, request).await?;
                Ok(changes.take_until(stop.cancelled_owned()))
            })
            .await
    }

    async fn snapshot(
        &self,
        request: Request<SnapshotRequest>,
    ) -> Result<Response<Self::SnapshotStream>, Status> {
        let store = self.store.clone();
        self.desk
            .stream(request, |request| storage::feed::snapshot(store, request))
            .await
    }
}
