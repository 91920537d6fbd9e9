//! The five services, faked through the generated traits. A test decides in what mood each of them is.

#![expect(
    clippy::disallowed_methods,
    reason = "a peer that is faked answers as the test says"
)]

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use access::{Caller, Node, Verifier, context::HEADER};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use kernel::{Fault, Refusal, Role, id::OrganizationId};
use prost::Message;
use proto::{
    feed::v1::Event,
    organization::v1::{CallerChange, Grant, Organization},
    process::v1::Work,
};
use runtime::Link;
use tokio::sync::{Notify, watch};
use tonic::{Status, body::Body, server::NamedService};

mod answers;

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It answers.
    Well,
    /// Nobody answers in its place.
    Absent,
    /// It fails, and says what must not leave.
    Failing,
    /// It takes longer than anybody waits.
    Slow,
    /// It answers what is no message.
    Garbage,
    /// It answers what is not gRPC at all.
    Html,
    /// It answers another question.
    Astray,
    /// It does not show what was asked for.
    Hiding,
    /// It refuses the caller.
    Denying,
}

/// What must never reach a caller.
pub(crate) const SECRET: &str = "password=secret";

/// One call that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) service: &'static str,
    pub(crate) method: String,
    pub(crate) headers: HeaderMap,
    pub(crate) caller: Option<Caller>,
}

/// All services. Cheap to clone; clones are the same ones.
#[derive(Clone)]
pub(crate) struct Services {
    state: Arc<Mutex<State>>,
    verifier: Verifier,
    /// Calls that a slow service works on.
    pub(crate) waiting: Arc<AtomicUsize>,
    changed: Arc<Notify>,
    head: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    moods: HashMap<&'static str, Mood>,
    grants: HashMap<String, (Vec<Grant>, u64)>,
    events: Vec<Event>,
    organizations: HashMap<String, Organization>,
    asked: Vec<Asked>,
    members: u32,
    work: BTreeMap<&'static str, Vec<Work>>,
}

impl Services {
    pub(crate) fn new(verifier: Verifier) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                members: 21,
                ..Default::default()
            })),
            verifier,
            waiting: Arc::default(),
            changed: Arc::default(),
            head: watch::Sender::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a service into a mood.
    pub(crate) fn feel(&self, service: &'static str, mood: Mood) {
        self.state().moods.insert(service, mood);
    }

    /// A link to the service, as the gateway has it: in its own name.
    pub(crate) fn link(&self, service: &'static str, issuer: &access::Issuer) -> Link {
        answers::link(self, service, issuer)
    }

    /// Organization makes an organization known.
    pub(crate) fn found(&self, node: &Node) {
        let organization = answers::organization(node);
        self.state()
            .organizations
            .insert(organization.id.clone(), organization.clone());
        self.tell("organization.organization", &organization);
    }

    /// Organization gives a person these roles instead of those that he had, and says so in the feed when `tell`.
    pub(crate) fn grant(&self, subject: &str, roles: &[(Role, OrganizationId)], tell: bool) {
        let grants = roles.iter().map(|(role, organization)| Grant {
            role: role.code().to_owned(),
            organization_id: organization.to_string(),
            until: String::new(),
        });
        let epoch = {
            let mut state = self.state();
            let held = state.grants.entry(subject.to_owned()).or_default();
            *held = (grants.collect(), held.1 + 1);
            held.1
        };
        if tell {
            self.tell(
                "organization.caller",
                &CallerChange {
                    subject: subject.to_owned(),
                    epoch,
                },
            );
        }
    }

    /// The other services hear that a person's roles have changed.
    pub(crate) fn expect_newest_epoch(&self, subject: &str) {
        let epoch = self.state().grants.get(subject).map_or(0, |(_, epoch)| *epoch);
        self.verifier.expect_epoch(subject, epoch);
    }

    /// Organization has forgotten how often a person's roles have changed.
    pub(crate) fn forget_epochs(&self, subject: &str) {
        if let Some(held) = self.state().grants.get_mut(subject) {
            held.1 = 1;
        }
    }

    fn tell(&self, kind: &str, body: &impl Message) {
        let position = {
            let mut state = self.state();
            let position = state.events.len() as u64 + 1;
            state.events.push(Event {
                position,
                kind: kind.to_owned(),
                version: position,
                body: body.encode_to_vec(),
                ..Default::default()
            });
            position
        };
        self.head.send_replace(position);
    }

    /// Member counts so many full members from now on.
    pub(crate) fn count_members(&self, full: u32) {
        self.state().members = full;
    }

    /// What waits at a keeper of procedures.
    pub(crate) fn waits(&self, keeper: &'static str, work: Vec<Work>) {
        self.state().work.insert(keeper, work);
    }

    /// The calls that came for a method, such as `GetOrganization`.
    pub(crate) fn asked(&self, method: &str) -> Vec<Asked> {
        let state = self.state();
        state
            .asked
            .iter()
            .filter(|asked| asked.method.ends_with(method))
            .cloned()
            .collect()
    }

    /// Waits until so many calls are being worked on by slow services.
    pub(crate) async fn until_waiting(&self, count: usize) {
        loop {
            let changed = self.changed.notified();
            if self.waiting.load(Ordering::SeqCst) == count {
                return;
            }
            changed.await;
        }
    }
}

/// A generated server with a mood in front of it.
#[derive(Clone)]
struct Moody<S> {
    services: Services,
    service: &'static str,
    inner: S,
}

impl<S: NamedService> NamedService for Moody<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> tower::Service<Request<Body>> for Moody<S>
where
    S: tower::Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut this = self.clone();
        Box::pin(async move {
            let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
            match this.services.meet(this.service, path, headers).await {
                Some(answer) => Ok(answer),
                None => this.inner.call(request).await,
            }
        })
    }
}

impl Services {
    /// What the service does instead of answering, if it does.
    async fn meet(
        &self,
        service: &'static str,
        method: String,
        headers: HeaderMap,
    ) -> Option<Response<Body>> {
        let token = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let caller = token.map(|token| self.verifier.verify(token)).transpose();
        let known = caller.as_ref().ok().and_then(Clone::clone);
        let mood = {
            let mut state = self.state();
            state.asked.push(Asked {
                service,
                method,
                headers,
                caller: known.map(|caller| (*caller).clone()),
            });
            *state.moods.get(service).unwrap_or(&Mood::Well)
        };
        let says = |refusal: Refusal| Some(wire::status(refusal.into()).into_http());
        match mood {
            Mood::Well | Mood::Astray => says(caller.err()?),
            Mood::Absent => Some(Status::unavailable("tcp connect error").into_http()),
            Mood::Failing => Some(wire::status(Fault::new(SECRET).into()).into_http()),
            Mood::Slow => {
                let _waiting = Waiting::on(self);
                std::future::pending().await
            }
            Mood::Garbage => Some(framed(b"\xff\xff\xff\xffnonsense")),
            Mood::Html => {
                let body = format!("<html>{SECRET}</html>");
                let mut response =
                    Response::new(Body::new(Full::new(Bytes::from(body)).map_err(|e| match e {})));
                response
                    .headers_mut()
                    .insert("content-type", "text/html".parse().expect("a value"));
                Some(response)
            }
            Mood::Hiding => says(Refusal::not_found()),
            Mood::Denying => says(Refusal::new(
                kernel::Kind::Denied,
                "ROLE_MISSING",
                "办理此事需要以下职责之一：资源管理员。",
            )),
        }
    }
}

/// One message with these bytes and a good end.
fn framed(message: &[u8]) -> Response<Body> {
    let end = HeaderMap::from_iter([(
        http::HeaderName::from_static("grpc-status"),
        "0".parse().expect("a value"),
    )]);
    let body = Full::new(gateway::frame::frame(message)).with_trailers(async move { Some(Ok(end)) });
    let mut response = Response::new(Body::new(body));
    response
        .headers_mut()
        .insert("content-type", "application/grpc".parse().expect("a value"));
    response
}

/// A call that is worked on, until its caller goes away.
struct Waiting<'a>(&'a Services);

impl<'a> Waiting<'a> {
    fn on(services: &'a Services) -> Self {
        services.waiting.fetch_add(1, Ordering::SeqCst);
        services.changed.notify_waiters();
        Self(services)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}
