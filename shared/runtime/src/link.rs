//! Links to other services: one type that every generated client takes, over the network or into this process,
//! in one stack: trace, caller context, deadline, retry of what may be repeated, limits on the answer.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use access::{Issuer, Policy, Table, context::HEADER};
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response};
use kernel::{Kind, Refusal};
use tonic::{Code, Status, body::Body, service::Routes};
use tower::retry::budget::TpsBudget;
use tracing::Instrument;

use crate::{
    admission::{Admitted, Deadline, late},
    door::{Bounded, Door, TIMEOUT, Until, deadline_of, is_stream, timeout_value},
    telemetry::{client_span, inject},
};

mod balance;
mod mesh;
mod retry;

pub use mesh::Mesh;

/// What is kept back from the time that a peer gets, so that this service can still say which call was slow.
const MARGIN: Duration = Duration::from_millis(20);
/// The largest answer that is taken from a peer.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;
/// The time that the head of a stream may take; its body has the policy's.
const STREAM_HEAD: Duration = Duration::from_secs(10);
/// For calls outside the contract, such as health.
const NO_POLICY: Duration = Duration::from_secs(5);

/// The context in whose name a call is made, when it is not the service's own: in the extensions of the request.
#[derive(Debug, Clone)]
pub struct InNameOf(pub HeaderValue);

/// A link to one service. Cheap to clone.
#[derive(Clone)]
pub struct Link {
    name: Arc<str>,
    to: To,
    issuer: Option<Issuer>,
    budget: Arc<TpsBudget>,
}

#[derive(Clone)]
enum To {
    Local(Arc<OnceLock<Door>>),
    Remote(Arc<balance::Balanced>),
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.name)
    }
}

impl Link {
    /// A link over the network, over every address behind the names of the URIs; must be made inside tokio.
    #[must_use]
    pub fn remote(name: &str, uris: Vec<http::Uri>, issuer: Option<Issuer>) -> Self {
        let balanced = balance::Balanced::over(uris);
        Self::new(name, To::Remote(Arc::new(balanced)), issuer)
    }

    /// A link into this process. The door may be set later, since services know each other in a circle; until
    /// then the peer is one that does not answer.
    #[must_use]
    pub fn local(name: &str, door: Arc<OnceLock<Door>>, issuer: Option<Issuer>) -> Self {
        Self::new(name, To::Local(door), issuer)
    }

    /// A link to routes in this process, such as a fake peer in a test.
    #[must_use]
    pub fn to_routes(name: &'static str, routes: Routes) -> Self {
        let door = OnceLock::from(Door::new(name, routes, Admitted::default()));
        Self::local(name, Arc::new(door), None)
    }

    /// The same link for calls in the name of others: one without a caller's context is nobody's, never this
    /// service's own.
    #[must_use]
    pub fn in_no_own_name(self) -> Self {
        Self { issuer: None, ..self }
    }

    fn new(name: &str, to: To, issuer: Option<Issuer>) -> Self {
        // Retries may add a tenth to the calls of ten seconds, or one a second.
        let budget = Arc::new(TpsBudget::new(Duration::from_secs(10), 1, 0.1));
        Self {
            name: name.into(),
            to,
            issuer,
            budget,
        }
    }

    async fn send(self, mut request: Request<Body>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let policy = Table::of_suite().of_path(&path);
        let span = client_span(
            policy.map_or("unknown", |policy| policy.path.as_str()),
            &self.name,
        );
        let sending = async {
            inject(request.headers_mut());
            let deadline = self.prepare(&mut request, policy)?;
            let stream = is_stream(&path);
            let again = !stream && policy.is_some_and(|policy| policy.idempotent);
            let head = if stream {
                deadline.min(Instant::now() + STREAM_HEAD)
            } else {
                deadline
            };
            let answering = retry::send(&self, request, again);
            let response = tokio::time::timeout_at(head.into(), answering)
                .await
                .map_err(|_| late())?;
            let response = response.map(|body| Body::new(Until::new(body, deadline, None)));
            Ok(if stream {
                response
            } else {
                response.map(|body| Body::new(Bounded::new(body, ANSWER_LIMIT)))
            })
        };
        sending
            .instrument(span)
            .await
            .unwrap_or_else(|refusal: Refusal| wire::status(refusal.into()).into_http())
    }

    /// Writes caller and deadline into the headers.
    fn prepare(&self, request: &mut Request<Body>, policy: Option<&Policy>) -> Result<Instant, Refusal> {
        if !request.headers().contains_key(HEADER) {
            let own = || {
                self.issuer
                    .as_ref()
                    .and_then(|issuer| HeaderValue::try_from(issuer.own().ok()?).ok())
            };
            let named = request
                .extensions()
                .get::<InNameOf>()
                .map(|named| named.0.clone());
            if let Some(context) = named.or_else(own) {
                request.headers_mut().insert(HEADER, context);
            }
        }
        let longest = policy.map_or(NO_POLICY, |policy| policy.deadline);
        let given = deadline_of(request, longest)?;
        let left = given.left(MARGIN).ok_or_else(late)?;
        let deadline = given.0 - MARGIN;
        request.headers_mut().insert(TIMEOUT, timeout_value(left));
        request.extensions_mut().insert(Deadline(deadline));
        Ok(deadline)
    }

    /// One attempt. What the transport says becomes a status of the suite.
    async fn attempt(&self, call: &retry::Whole) -> Response<Body> {
        match &self.to {
            To::Local(door) => match door.get() {
                None => wire::status(self.unavailable().into()).into_http(),
                Some(door) => {
                    let Ok(response) = tower::Service::call(&mut door.clone(), call.request()).await;
                    response
                }
            },
            To::Remote(balanced) => match balanced.send(call).await {
                Ok(response) => timeouts_as_such(response),
                Err(Some(error)) => self.broken(&error),
                Err(None) => wire::status(self.unavailable().into()).into_http(),
            },
        }
    }

    fn broken(&self, error: &(dyn std::error::Error + 'static)) -> Response<Body> {
        tracing::info!(peer = %self.name, error, "a peer does not answer");
        let mut source = Some(error);
        while let Some(cause) = source {
            if cause.is::<tonic::TimeoutExpired>() {
                return wire::status(late().into()).into_http();
            }
            source = cause.source();
        }
        wire::status(self.unavailable().into()).into_http()
    }

    fn unavailable(&self) -> Refusal {
        let zh = "所需的另一项服务暂时没有回应，请稍后重试。";
        Refusal::new(Kind::Unavailable, "PEER_UNAVAILABLE", zh).with("peer", &self.name)
    }
}

/// A stock server says `Cancelled "Timeout expired"` where it means that the deadline has passed.
fn timeouts_as_such(response: Response<Body>) -> Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() == Code::Cancelled && status.message() == "Timeout expired" => {
            wire::status(late().into()).into_http()
        }
        _ => response,
    }
}

impl tower::Service<Request<Body>> for Link {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let link = self.clone();
        Box::pin(async move { Ok(link.send(request).await) })
    }
}

/// The links of one service, by the peer's name. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Links(Arc<BTreeMap<String, Link>>);

impl Links {
    /// Links over the network, as set; must be made inside tokio.
    #[must_use]
    pub fn remote(peers: &BTreeMap<String, Vec<http::Uri>>, issuer: &Issuer) -> Self {
        let link = |name: &str, uris: &[http::Uri]| Link::remote(name, uris.to_vec(), Some(issuer.clone()));
        Self::of(
            peers
                .iter()
                .filter(|(_, uris)| !uris.is_empty())
                .map(|(name, uris)| link(name, uris)),
        )
    }

    /// These links, each under its name.
    #[must_use]
    pub fn of(links: impl IntoIterator<Item = Link>) -> Self {
        Self(Arc::new(
            links
                .into_iter()
                .map(|link| (link.name.to_string(), link))
                .collect(),
        ))
    }

    /// The link to a service; `None` when it is not configured.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Link> {
        self.0.get(name).cloned()
    }

    /// The link to a service; one that is not configured is one that does not answer.
    #[must_use]
    pub fn link(&self, name: &str) -> Link {
        self.get(name)
            .unwrap_or_else(|| Link::local(name, Arc::default(), None))
    }
}
