//! The driver's way in: the gateway's door, over TCP, in the name of the person who acts.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use gateway::tokens::BuiltIn;
use kernel::{Fault, Instant, clock::system_now};
use tonic::{
    Code, Request, Response, Status,
    metadata::{AsciiMetadataValue, MetadataValue},
    transport::{Channel, Endpoint},
};

use super::error::{DemoError, reason};

/// Names the service, for the contracts that every service serves in the same way.
const SERVICE: &str = "zhibu-service";
/// A token is made anew when half of its life is over.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);
const ATTEMPTS: u32 = 9;
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// The largest answer that is taken: a page of a thousand.
const ANSWER_LIMIT: usize = 32 * 1024 * 1024;

/// The gateway's door. Every call may be repeated: writes carry their key.
pub struct Door {
    channel: Channel,
    issuer: BuiltIn,
    tokens: Mutex<HashMap<String, (AsciiMetadataValue, Instant)>>,
}

impl Door {
    /// The door at an address such as `http://127.0.0.1:8080`, with the keys of the built-in issuer.
    pub fn at(url: &str, issuer: BuiltIn) -> Result<Self, DemoError> {
        let wrong = |error: tonic::transport::Error| DemoError::Start(format!("{url}：{error}"));
        let endpoint = Endpoint::from_shared(url.to_owned()).map_err(wrong)?;
        let endpoint = endpoint
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20);
        Ok(Self {
            channel: endpoint.connect_lazy(),
            issuer,
            tokens: Mutex::default(),
        })
    }

    /// Calls an RPC of one service in the name of a person.
    pub async fn ask<Q, A, F, W>(&self, who: &str, question: Q, call: F) -> Result<A, Status>
    where
        Q: Clone,
        F: Fn(Channel, Request<Q>) -> W,
        W: Future<Output = Result<Response<A>, Status>>,
    {
        self.send(who, None, question, call).await
    }

    /// The same for a contract that several services serve.
    pub async fn ask_of<Q, A, F, W>(
        &self,
        service: &'static str,
        who: &str,
        question: Q,
        call: F,
    ) -> Result<A, Status>
    where
        Q: Clone,
        F: Fn(Channel, Request<Q>) -> W,
        W: Future<Output = Result<Response<A>, Status>>,
    {
        self.send(who, Some(service), question, call).await
    }

    async fn send<Q, A, F, W>(
        &self,
        who: &str,
        service: Option<&'static str>,
        question: Q,
        call: F,
    ) -> Result<A, Status>
    where
        Q: Clone,
        F: Fn(Channel, Request<Q>) -> W,
        W: Future<Output = Result<Response<A>, Status>>,
    {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let mut request = Request::new(question.clone());
            request.metadata_mut().insert("authorization", self.token(who)?);
            if let Some(service) = service {
                request
                    .metadata_mut()
                    .insert(SERVICE, MetadataValue::from_static(service));
            }
            match call(self.channel.clone(), request).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) if attempt < ATTEMPTS && passes(&status) => {
                    tracing::debug!(attempt, reason = %reason(&status), "asked again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(status) => return Err(status),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// A token of the built-in issuer for a person, as he would send it.
    pub fn plain_token(&self, who: &str, life: Duration) -> Result<String, DemoError> {
        self.issuer
            .token(who, life, true)
            .map_err(|error| DemoError::Start(error.to_string()))
    }

    fn token(&self, who: &str) -> Result<AsciiMetadataValue, Status> {
        let now = system_now();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let half = i64::try_from(TOKEN_LIFE.as_secs() / 2).unwrap_or_default();
        if let Some((token, made)) = tokens.get(who)
            && (now - *made).num_seconds() < half
        {
            return Ok(token.clone());
        }
        let token = self
            .issuer
            .token(who, TOKEN_LIFE, true)
            .map_err(|e| wire::status(Fault::from("a token", e).into()))?;
        let value: AsciiMetadataValue = format!("Bearer {token}")
            .parse()
            .map_err(|e| wire::status(Fault::from("a token as a header", e).into()))?;
        tokens.insert(who.to_owned(), (value.clone(), now));
        Ok(value)
    }
}

/// Whether the same call may be answered in a moment: the service is full or not yet up, its view of the tree or
/// of the caller's grants is a moment old.
fn passes(status: &Status) -> bool {
    match status.code() {
        // Until somebody makes room nothing passes.
        Code::Unavailable if reason(status) == storage::FULL => false,
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Cancelled => true,
        Code::Unauthenticated => matches!(reason(status).as_str(), "EPOCH_OLD" | "CONTEXT_EXPIRED"),
        _ => false,
    }
}

/// The answer limit for clients that read pages.
#[must_use]
pub fn answer_limit() -> usize {
    ANSWER_LIMIT
}
