//! The feed of another service, over whatever transport.

use std::time::Duration;

use futures::future::BoxFuture;
use kernel::{Fault, RpcError};
use proto::feed::v1::{
    SnapshotRequest, SnapshotResponse, WatchRequest, WatchResponse, feed_service_client::FeedServiceClient,
};
use tonic::{
    Status, Streaming,
    body::Body,
    client::GrpcService,
    codegen::{Body as HttpBody, Bytes, StdError},
};

/// A sender that says nothing for so long is gone: it sends a heartbeat every 15 seconds.
const SILENCE: Duration = Duration::from_secs(40);
/// A message holds 1 MiB of records, or one larger record.
const LARGEST: usize = 16 << 20;

/// What a generated client runs over: a channel, or a router in this process.
pub trait Transport:
    GrpcService<
        Body,
        Error: Into<StdError>,
        ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send>,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> Transport for T where
    T: GrpcService<
            Body,
            Error: Into<StdError>,
            ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send>,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

type Ask<Q, A> = Box<dyn Fn(Q) -> BoxFuture<'static, Result<Streaming<A>, Status>> + Send + Sync>;

/// One service's feed.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    kinds: Vec<String>,
    watch: Ask<WatchRequest, WatchResponse>,
    snapshot: Ask<SnapshotRequest, SnapshotResponse>,
}

impl Source {
    pub(crate) fn new<T: Transport>(
        name: &'static str,
        client: FeedServiceClient<T>,
        kinds: Vec<String>,
    ) -> Self
    where
        T::Future: Send,
        T::ResponseBody: Send + 'static,
    {
        let client = client.max_decoding_message_size(LARGEST);
        let other = client.clone();
        Self {
            name,
            kinds,
            watch: Box::new(move |request| {
                let mut client = client.clone();
                Box::pin(async move { Ok(client.watch(request).await?.into_inner()) })
            }),
            snapshot: Box::new(move |request| {
                let mut client = other.clone();
                Box::pin(async move { Ok(client.snapshot(request).await?.into_inner()) })
            }),
        }
    }

    pub(crate) async fn watch(&self, after: u64) -> Result<Streaming<WatchResponse>, RpcError> {
        let request = WatchRequest {
            after,
            kinds: self.kinds.clone(),
        };
        (self.watch)(request).await.map_err(|status| self.lost(status))
    }

    /// The next message; a stream that ends is lost, since a feed never ends.
    pub(crate) async fn next(
        &self,
        changes: &mut Streaming<WatchResponse>,
    ) -> Result<WatchResponse, RpcError> {
        let message = tokio::time::timeout(SILENCE, changes.message()).await;
        let message = message.map_err(|_| self.over("is silent"))?;
        message
            .map_err(|status| self.lost(status))?
            .ok_or_else(|| self.over("ended"))
    }

    /// The position of a snapshot, and its records to come.
    pub(crate) async fn snapshot(&self) -> Result<(u64, Streaming<SnapshotResponse>), RpcError> {
        let request = SnapshotRequest {
            kinds: self.kinds.clone(),
        };
        let mut records = (self.snapshot)(request)
            .await
            .map_err(|status| self.lost(status))?;
        let first = self
            .record(&mut records)
            .await?
            .ok_or_else(|| self.over("has an empty snapshot"))?;
        Ok((first.position, records))
    }

    /// The next records of a snapshot; `None` behind the last ones.
    pub(crate) async fn record(
        &self,
        records: &mut Streaming<SnapshotResponse>,
    ) -> Result<Option<SnapshotResponse>, RpcError> {
        let message = tokio::time::timeout(SILENCE, records.message()).await;
        message
            .map_err(|_| self.over("is silent"))?
            .map_err(|status| self.lost(status))
    }

    fn lost(&self, status: Status) -> RpcError {
        Fault::from(format!("the feed of {}", self.name), status).into()
    }

    fn over(&self, how: &str) -> RpcError {
        Fault::new(format!("the feed of {} {how}", self.name)).into()
    }
}
