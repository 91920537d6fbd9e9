//! Calls as bytes: what is compared is the other side, so that nothing is decoded on this one.

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataMap,
    transport::{Channel, Endpoint},
};

use crate::lab::Trouble;

/// Calls that share a connection.
const CALLS_EACH: u64 = 16;

/// Messages as they are on the wire.
#[derive(Debug, Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// Connections to an address.
#[derive(Debug, Clone)]
pub struct Wire {
    channels: Vec<Channel>,
}

impl Wire {
    /// So many connections that `at_once` calls share them.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn to(address: std::net::SocketAddr, at_once: u64) -> Result<Self, Trouble> {
        let wrong = |error: tonic::transport::Error| Trouble(format!("{address}: {error}"));
        let mut channels = Vec::new();
        for _ in 0..at_once.div_ceil(CALLS_EACH) {
            let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(wrong)?;
            channels.push(endpoint.tcp_nodelay(true).connect().await.map_err(wrong)?);
        }
        Ok(Self { channels })
    }

    /// The answer to a message.
    ///
    /// # Errors
    /// What the other side refuses.
    pub async fn ask(
        &self,
        n: u64,
        path: &'static str,
        headers: MetadataMap,
        message: Bytes,
    ) -> Result<Bytes, Status> {
        let at = usize::try_from(n).unwrap_or_default() % self.channels.len();
        let mut client = Grpc::new(self.channels[at].clone());
        let ready = client.ready().await;
        ready.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(message);
        *request.metadata_mut() = headers;
        let answer = client
            .unary(request, PathAndQuery::from_static(path), Raw)
            .await?;
        Ok(answer.into_inner())
    }
}
