//! `zhibu.feed.v1` of a service: the door to what storage keeps.

use proto::feed::v1::{
    SnapshotRequest, SnapshotResponse, WatchRequest, WatchResponse, feed_service_server::FeedService,
};
use storage::Store;
use tonic::{Request, Response, Status};

use super::{Answers, Desk};

/// The feed of one service.
#[derive(Clone)]
pub struct Feed {
    /// The path of every request.
    pub desk: Desk,
    /// Whose feed it is.
    pub store: Store,
}

#[tonic::async_trait]
impl FeedService for Feed {
    type WatchStream = Answers<WatchResponse>;
    type SnapshotStream = Answers<SnapshotResponse>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let store = self.store.clone();
        self.desk
            .stream(request, |request| storage::feed::watch(store, request))
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
