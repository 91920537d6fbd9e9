//! The path of a request inside a service, the same for every RPC: who calls, may he, are the fields right, was
//! it answered before; then the use case in a task of its own, and the one mapping of its outcome.
//!
//! A use case runs in its own task so that a client that goes away can neither tear a unit of work nor leave a
//! pooled connection inside one (reliability.md finding 1). The concurrency permit moves into the task, or a
//! storm of cancels would pass the limit.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use access::{Authorized, Call, Caller, Gate, Policy, Standing, Table, Verifier, context::HEADER};
use futures::{Stream, StreamExt, future::BoxFuture};
use kernel::{Clock, Fault, Kind, Refusal, RpcError, planted::Bug};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage};
use storage::Store;
use tonic::{Extensions, Request, Response, Status, metadata::MetadataMap};
use tracing::Instrument;

use crate::admission::{Deadline, Permit};
use denials::Denials;

pub mod audit;
mod denials;
pub mod feed;
pub mod indicator;

/// A stream of answers, as the generated server traits want it.
pub type Answers<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// Pulls the organization feed once; used when a request names an organization that is not there for its caller.
pub type CatchUp = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// Opens requests, runs use cases, replies. One for each service; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    gate: Gate,
    verifier: Verifier,
    store: Option<Store>,
    clock: Clock,
    catch_up: Option<CatchUp>,
    denials: Arc<Denials>,
}

impl Desk {
    /// A desk of a service with a database.
    #[must_use]
    pub fn new(gate: Gate, verifier: Verifier, store: Store, clock: Clock) -> Self {
        Self {
            gate,
            verifier,
            store: Some(store),
            clock,
            catch_up: None,
            denials: Arc::default(),
        }
    }

    /// A desk of the gateway, which has no database.
    #[must_use]
    pub fn without_store(gate: Gate, verifier: Verifier, clock: Clock) -> Self {
        Self {
            gate,
            verifier,
            store: None,
            clock,
            catch_up: None,
            denials: Arc::default(),
        }
    }

    /// The same desk that catches up with organization before it says that an organization is absent.
    #[must_use]
    pub fn catching_up(mut self, catch_up: CatchUp) -> Self {
        self.catch_up = Some(catch_up);
        self
    }

    /// One unary RPC: open, run, reply.
    pub async fn serve<Q, A, F, W>(&self, request: Request<Q>, use_case: F) -> Result<Response<A>, Status>
    where
        Q: ReflectMessage + Message + Send + Sync + 'static,
        A: Message + Default + Send + 'static,
        F: FnOnce(Authorized<Q>) -> W + Send + 'static,
        W: Future<Output = Result<A, RpcError>> + Send + 'static,
    {
        let (metadata, mut extensions, body) = request.into_parts();
        let permit = extensions.remove::<Permit>();
        let outcome = match self.open(&metadata, &extensions, body).await {
            Ok(authorized) => self.run(authorized, permit, use_case).await,
            Err(refusal) => Err(refusal.into()),
        };
        outcome.map(Response::new).map_err(wire::status)
    }

    /// One server-streaming RPC: open, start the stream, reply. The permit is held while the stream is opened, whether
    /// or not the caller still waits, and while it runs.
    pub async fn stream<Q, A, S, F, W>(
        &self,
        request: Request<Q>,
        use_case: F,
    ) -> Result<Response<Answers<A>>, Status>
    where
        Q: ReflectMessage + Message + Send + Sync + 'static,
        A: Message + Default + Send + 'static,
        S: Stream<Item = Result<A, RpcError>> + Send + 'static,
        F: FnOnce(Authorized<Q>) -> W + Send + 'static,
        W: Future<Output = Result<S, RpcError>> + Send + 'static,
    {
        let (metadata, mut extensions, body) = request.into_parts();
        let permit = extensions.remove::<Permit>();
        let authorized = self
            .open(&metadata, &extensions, body)
            .await
            .map_err(|r| wire::status(r.into()))?;
        let held = permit.clone();
        let opening = async move {
            let _held = held;
            use_case(authorized).await
        };
        let task = tokio::spawn(opening.in_current_span());
        let stream = task
            .await
            .unwrap_or_else(|e| Err(Fault::from("a use case panicked", e).into()));
        let answers = stream.map_err(wire::status)?.map(move |item| {
            let _held = &permit;
            item.map_err(wire::status)
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn open<Q: ReflectMessage + Message>(
        &self,
        metadata: &MetadataMap,
        extensions: &Extensions,
        body: Q,
    ) -> Result<Authorized<Q>, Refusal> {
        let view = body.transcode_to_dynamic();
        let policy = Table::of_suite().of_input(view.descriptor().full_name());
        let call = Call {
            caller: self.caller(metadata)?,
            deadline: deadline(extensions, policy),
        };
        self.meet(&call.caller, &view).await;
        let wrong = match view.get_field_by_name("import_id") {
            Some(_) => wire::rules::validate_but(&view, "rows"),
            None => wire::validate(&view),
        };
        let (caller, deadline) = (call.caller.clone(), call.deadline);
        match self.gate.authorize(call, &view, body, self.clock.today()) {
            Err(refusal) if refusal.kind != Kind::Invalid => {
                self.on_record(caller, &view, &refusal, deadline).await;
                Err(refusal)
            }
            _ if !wrong.is_empty() => Err(Refusal::fields(wrong)),
            decided => decided,
        }
    }

    /// Puts on record that somebody was not let in to write, or to what may be personal: in a task of its own, so that
    /// going away hides nothing. What cannot be recorded is refused all the same.
    async fn on_record(
        &self,
        caller: Arc<Caller>,
        view: &DynamicMessage,
        refusal: &Refusal,
        deadline: Instant,
    ) {
        let policy = Table::of_suite().of_input(view.descriptor().full_name());
        let (Some(store), Some(policy)) = (self.store.clone(), policy) else {
            return;
        };
        let matters = policy.writes || policy.personal;
        if !matters || caller.standing == Standing::Nobody || !self.denials.record(&caller.subject) {
            return;
        }
        let place = self.gate.filed_under(policy, &caller, view, self.clock.today());
        let refusal = refusal.clone();
        let recording = async move {
            if let Err(error) = store.denied(&caller, policy, place, &refusal).await {
                tracing::warn!(method = %policy.path, %error, "a refusal is not on record");
            }
        };
        let task = tokio::spawn(recording.in_current_span());
        let _ = tokio::time::timeout_at(deadline.into(), task).await;
    }

    fn caller(&self, metadata: &MetadataMap) -> Result<Arc<Caller>, Refusal> {
        match metadata.get(HEADER) {
            None => Ok(Arc::new(Caller::nobody())),
            Some(token) => self.verifier.verify(token.to_str().unwrap_or_default()),
        }
    }

    /// An organization that is not there for the caller may have been made, or its roles given, a moment ago: look once
    /// before saying no.
    async fn meet(&self, caller: &Caller, view: &DynamicMessage) {
        if let Some(catch_up) = &self.catch_up
            && self.gate.misses(caller, view, self.clock.today())
        {
            catch_up().await;
        }
    }

    async fn run<Q, A, F, W>(
        &self,
        request: Authorized<Q>,
        permit: Option<Permit>,
        use_case: F,
    ) -> Result<A, RpcError>
    where
        Q: Send + Sync + 'static,
        A: Message + Default + Send + 'static,
        F: FnOnce(Authorized<Q>) -> W + Send + 'static,
        W: Future<Output = Result<A, RpcError>> + Send + 'static,
    {
        let deadline = request.deadline();
        let store = self.store.clone();
        let work = async move {
            let _held = permit;
            match store {
                Some(store) if request.policy().writes || request.policy().purpose => {
                    once(store, request, use_case).await
                }
                _ => use_case(request).await,
            }
        };
        let work = work.in_current_span();
        if Bug::Unshielded.planted() {
            return work.await;
        }
        let task = tokio::spawn(work);
        match tokio::time::timeout_at(deadline.into(), task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panicked)) => Err(Fault::from("a use case panicked", panicked).into()),
            Err(_) => Err(Refusal::new(
                Kind::Late,
                "DEADLINE_EXCEEDED",
                "处理超时。请稍后用同一请求编号重试。",
            )
            .into()),
        }
    }
}

/// A write happens once: [`Store::begin`] refuses a key that was answered, and whoever comes with it again, or lost the
/// race to claim it, gets that answer. It is looked for only when the use case did not end well, whatever stopped it:
/// looking before each write would cost all of them a select. A refusal is recorded in a unit of work of its own, that of
/// a read of sensitive fields too.
async fn once<Q, A, F, W>(store: Store, request: Authorized<Q>, use_case: F) -> Result<A, RpcError>
where
    Q: Send + Sync + 'static,
    A: Message + Default + Send + 'static,
    F: FnOnce(Authorized<Q>) -> W + Send + 'static,
    W: Future<Output = Result<A, RpcError>> + Send + 'static,
{
    let key = request.with(());
    let outcome = use_case(request).await;
    let Err(error) = &outcome else {
        return outcome;
    };
    let answered = store.replay(&key).await;
    let RpcError::Refused(refusal) = error else {
        return answered.ok().flatten().map_or(outcome, Ok);
    };
    if let Some(answer) = answered? {
        return Ok(answer);
    }
    store.refused(&key, refusal).await?;
    outcome
}

fn deadline(extensions: &Extensions, policy: Option<&Policy>) -> Instant {
    let longest = policy.map_or(Duration::from_secs(5), |policy| policy.deadline);
    extensions
        .get::<Deadline>()
        .map_or_else(|| Instant::now() + longest, |given| given.0)
}
