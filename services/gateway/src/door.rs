//! The one door: gRPC, gRPC-Web and JSON on one port. Every public RPC of the contract goes through here by its
//! descriptor; a new RPC needs no change.
//!
//! In order: span, request id, metrics and panic guard; the method, the dialect, the deadline; who calls and whether
//! too often; the body; a place among those that are worked on; the service. Nothing of a body is read of somebody who
//! may not call.

use std::{collections::HashMap, sync::LazyLock};

use access::{Policy, Scope, Table};
use axum::{Router, body::Body, extract::State};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::{Kind, Refusal};
use prost_reflect::MethodDescriptor;
use runtime::{
    admission::{Admission, Admitted, Deadline, late},
    door::{Around, TIMEOUT, deadline_of},
};
use tonic::Status;

use crate::{NAME, app::App, callers::SignedIn, connect, frame};

mod answers;
mod dialects;
mod upstream;

use dialects::Speech;

/// Every method that is meant for callers from outside, by its path: a service's own RPCs do not exist here.
static METHODS: LazyLock<HashMap<String, (MethodDescriptor, &'static Policy)>> = LazyLock::new(|| {
    let methods = proto::DESCRIPTORS
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>());
    methods
        .filter_map(|method| {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let policy = Table::of_suite().of_path(&path)?;
            (!matches!(policy.scope, Scope::System(_))).then_some((path, (method, policy)))
        })
        .collect()
});

#[derive(Clone)]
struct Front {
    app: App,
    around: Around,
    admission: Admission,
}

/// The router of the door, which works on so much at a time; health for load balancers at `/healthz`.
pub fn router(app: App, admitted: Admitted) -> Router {
    Router::new()
        .route("/healthz", axum::routing::get(|| async { "ok" }))
        .route("/", axum::routing::get(welcome).fallback(enter))
        .fallback(enter)
        .with_state(Front {
            app,
            around: Around::new(NAME),
            admission: Admission::new(admitted),
        })
}

/// A call that was recognized: which method, whose policy, until when, by whom.
struct Visit {
    method: &'static MethodDescriptor,
    policy: &'static Policy,
    headers: HeaderMap,
    deadline: Deadline,
    signed_in: Option<SignedIn>,
}

async fn enter(State(front): State<Front>, request: Request<Body>) -> Response<Body> {
    let speaks = dialects::of(&request);
    let around = front.around.clone();
    let inside = |_, request| async move {
        let answer = front.inside(speaks, request).await;
        Ok(answer.unwrap_or_else(|status| speaks.refuse(&status)))
    };
    around
        .call(request, inside, |error| speaks.refuse(&wire::status(error)))
        .await
}

impl Front {
    async fn inside(self, speaks: Speech, request: Request<Body>) -> Result<Response<Body>, Status> {
        let refused = |refusal: Refusal| wire::status(refusal.into());
        let (method, policy) = METHODS
            .get(request.uri().path())
            .ok_or_else(|| refused(unknown()))?;
        if let Err(response) = speaks.fits(&request, method, policy) {
            return Ok(*response);
        }
        said_once(request.headers()).map_err(refused)?;
        let deadline = deadline(&request, policy).map_err(refused)?;
        let signed_in = self
            .app
            .callers
            .sign_in(request.headers(), &self.app.limits)
            .map_err(refused)?;
        if signed_in.is_none() && policy.scope != Scope::Public {
            return Err(refused(sign_in_first()));
        }
        let (head, body) = request.into_parts();
        let visit = Visit {
            method,
            policy,
            headers: head.headers,
            deadline,
            signed_in,
        };
        let work = self.work(speaks, &visit, head.uri.query(), body);
        tokio::time::timeout_at(deadline.0.into(), work)
            .await
            .unwrap_or_else(|_| Err(refused(late())))
    }

    async fn work(
        &self,
        speaks: Speech,
        visit: &Visit,
        query: Option<&str>,
        body: Body,
    ) -> Result<Response<Body>, Status> {
        let refused = |refusal: Refusal| wire::status(refusal.into());
        let body = read(body, speaks.body_limit(visit.policy))
            .await
            .map_err(refused)?;
        let message = speaks
            .message(&visit.method.input(), body, query)
            .map_err(refused)?;
        let stream = visit.method.is_server_streaming();
        let permit = self
            .admission
            .enter(stream, visit.deadline)
            .await
            .map_err(refused)?;
        let answer = upstream::call(&self.app, visit, frame::frame(&message)).await?;
        // The place is held until the last piece of the answer is on its way.
        let answer = answer.map(|body| {
            let held = body.map_frame(move |frame| {
                let _held = &permit;
                frame
            });
            tonic::body::Body::new(held)
        });
        Ok(answers::write(speaks, &visit.method.output(), answer).await)
    }
}

fn unknown() -> Refusal {
    Refusal::new(
        Kind::Unimplemented,
        "METHOD_UNKNOWN",
        "没有这个接口，请核对地址。",
    )
}

/// Who calls and how the body is to be read is said once: of two, another reader may believe the other one.
fn said_once(headers: &HeaderMap) -> Result<(), Refusal> {
    let repeated = [header::AUTHORIZATION, header::CONTENT_TYPE]
        .into_iter()
        .find(|name| headers.get_all(name).iter().nth(1).is_some());
    match repeated {
        None => Ok(()),
        Some(name) => {
            let zh = format!("请求头 {name} 出现了两次，请只写一次。");
            Err(Refusal::new(Kind::Invalid, "HEADER_REPEATED", zh).with("header", name.as_str().to_owned()))
        }
    }
}

/// For somebody who opens the address in a browser.
async fn welcome() -> &'static str {
    "这里是支部的接口，不是网页：gRPC、gRPC-Web 和 Connect JSON 都在这个端口，每个方法的地址是 /包.服务/方法，用 POST 调用。\n\
     健康检查：/healthz\n"
}

/// Services say the same; said here, it costs nobody anything.
fn sign_in_first() -> Refusal {
    Refusal::new(Kind::Unauthenticated, "SIGN_IN_FIRST", "请先登录。")
}

/// What the caller says, in either dialect, but no longer than the policy.
fn deadline(request: &Request<Body>, policy: &Policy) -> Result<Deadline, Refusal> {
    let mut told = Request::new(());
    if let Some(given) = request.headers().get(TIMEOUT) {
        told.headers_mut().insert(TIMEOUT, given.clone());
    } else if let Some(given) = connect::timeout(request.headers())? {
        told.headers_mut().insert(TIMEOUT, given);
    }
    let deadline = deadline_of(&told, policy.deadline)?;
    deadline.left(std::time::Duration::ZERO).ok_or_else(late)?;
    Ok(deadline)
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            let zh = format!("请求内容超过 {} KiB，请分批提交。", limit / 1024);
            Err(Refusal::new(Kind::Exhausted, "BODY_TOO_LARGE", zh).with("limit", limit))
        }
        Err(_) => Err(Refusal::new(
            Kind::Invalid,
            "BODY_CUT",
            "请求内容没有收完整，请重发。",
        )),
    }
}

/// Whether the request says that its body is compressed, which is spoken by nobody here.
fn is_compressed(headers: &HeaderMap) -> bool {
    [header::CONTENT_ENCODING.as_str(), "connect-content-encoding"]
        .iter()
        .filter_map(|name| headers.get(*name))
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}
