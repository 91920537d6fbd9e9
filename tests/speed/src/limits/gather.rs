//! One call answered from several others, all asked at the same time: of other programs, or of the database here.

use std::{collections::HashMap, error::Error, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures::future::try_join_all;
use http::uri::PathAndQuery;
use tonic::{
    Request, Status,
    client::Grpc,
    transport::{Channel, Endpoint},
};

use crate::{
    plan::{Gathered, Plan},
    raw::{Answer, Answering, Raw},
    selects::Selects,
};

/// Who answers a part.
#[derive(Clone)]
enum Source {
    There(Channel),
    Here(Arc<Selects>),
}

/// The call and its parts.
pub struct Gather {
    calls: HashMap<String, Gathered>,
    sources: Vec<Source>,
}

impl Gather {
    /// Parts from others, in their order, or from the database.
    pub fn new(plan: Plan, to: &[SocketAddr], url: Option<&str>) -> Result<Self, Box<dyn Error>> {
        let calls: HashMap<String, Gathered> = plan.gathers.clone().into_iter().collect();
        let mut sources = Vec::new();
        if let Some(url) = url {
            sources.push(Source::Here(Arc::new(Selects::new(url, plan)?)));
        }
        for address in to {
            let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
            sources.push(Source::There(endpoint.tcp_nodelay(true).connect_lazy()));
        }
        Ok(Self { calls, sources })
    }
}

impl Answer for Gather {
    fn answer(&self, path: &str, message: Bytes) -> Answering {
        let call = self.calls.get(path).cloned();
        let sources = self.sources.clone();
        Box::pin(async move {
            let call = call.ok_or_else(|| Status::unimplemented("no such call"))?;
            let parts = call.from.iter().zip(sources.iter().cycle());
            let parts = parts.map(|(path, source)| part(source.clone(), path.clone(), message.clone()));
            let parts = try_join_all(parts).await?;
            let mut answer: Vec<u8> = parts.concat();
            answer.resize(call.answer, b'x');
            Ok(answer.into())
        })
    }
}

async fn part(source: Source, path: String, message: Bytes) -> Result<Bytes, Status> {
    match source {
        Source::Here(selects) => selects.answer(&path, message).await,
        Source::There(channel) => {
            let mut client = Grpc::new(channel);
            let ready = client.ready().await;
            ready.map_err(|error| Status::unavailable(error.to_string()))?;
            let path = PathAndQuery::try_from(path).map_err(|error| Status::internal(error.to_string()))?;
            Ok(client.unary(Request::new(message), path, Raw).await?.into_inner())
        }
    }
}
