//! The one door: gRPC, gRPC-Web and JSON on one port. Every public RPC of the contract goes through here by its
//! descriptor; a new RPC needs no change.

use access::{Policy, Scope, Table};
use axum::{Router, body::Body, extract::State};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::{Kind, Refusal};
use prost_reflect::MethodDescriptor;

use crate::{app::App, frame};

mod dialects;
mod upstream;

/// The router of the door; health for load balancers at `/healthz`.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", axum::routing::get(|| async { "ok" }))
        .fallback(enter)
        .with_state(app)
}

/// A call that was recognized: which method, whose policy, in which dialect.
pub(crate) struct Visit {
    pub(crate) method: MethodDescriptor,
    pub(crate) policy: &'static Policy,
    pub(crate) headers: HeaderMap,
}

async fn enter(State(app): State<App>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let speaks = dialects::of(&parts.method, &kind, parts.uri.query());
    let visit = match find(&parts.uri, parts.headers) {
        Ok(visit) => visit,
        Err(refusal) => return speaks.refuse(&wire::status(refusal.into())),
    };
    let body = match read(body, visit.policy.body_limit).await {
        Ok(body) => body,
        Err(refusal) => return speaks.refuse(&wire::status(refusal.into())),
    };
    let speaks = match speaks.accept(&visit) {
        Ok(speaks) => speaks,
        Err(response) => return *response,
    };
    match speaks.message(&visit, body, parts.uri.query()) {
        Err(refusal) => speaks.refuse(&wire::status(refusal.into())),
        Ok(message) => match upstream::call(&app, &visit, frame::frame(&message)).await {
            Err(status) => speaks.refuse(&status),
            Ok(answer) => speaks.answer(&visit, answer).await,
        },
    }
}

/// Only methods of the contract that are meant for callers from outside: a service's own RPCs do not exist here.
fn find(uri: &http::Uri, headers: HeaderMap) -> Result<Visit, Refusal> {
    let unknown = || {
        Refusal::new(
            Kind::Unimplemented,
            "METHOD_UNKNOWN",
            "没有这个接口，请核对地址。",
        )
    };
    let policy = Table::of_suite().of_path(uri.path()).ok_or_else(unknown)?;
    if matches!(policy.scope, Scope::System(_)) {
        return Err(unknown());
    }
    let (service, name) = uri
        .path()
        .trim_start_matches('/')
        .split_once('/')
        .ok_or_else(unknown)?;
    let service = proto::DESCRIPTORS
        .get_service_by_name(service)
        .ok_or_else(unknown)?;
    let method = service
        .methods()
        .find(|method| method.name() == name)
        .ok_or_else(unknown)?;
    Ok(Visit {
        method,
        policy,
        headers,
    })
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    match Limited::new(body, limit + 1024).collect().await {
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

/// Security headers of every answer.
fn guarded(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
