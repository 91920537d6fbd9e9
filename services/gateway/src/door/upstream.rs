//! Behind the door: which service answers, and the call itself in the caller's name.

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use kernel::{Kind, Refusal};
use runtime::door::REQUEST_ID;
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt;
use tower::ServiceExt;

use super::{Visit, answers::Answer};
use crate::{NAME, app::App, callers::EPOCH_OLD};

/// Names the service, for the contracts that every service serves in the same way.
const SERVICE: &str = "zhibu-service";

/// Sends the message to the service that owns the method and gives its answer as it comes. Of the caller's headers
/// nothing goes on but the request's id: who he is stands in the context that is made here.
pub(super) async fn call(app: &App, visit: &Visit, message: Bytes) -> Result<Answer, Status> {
    let service = route(visit).map_err(|refusal| wire::status(refusal.into()))?;
    if service == NAME && !*app.tree.ready().borrow() {
        return Err(wire::status(starting().into()));
    }
    let Some(signed_in) = &visit.signed_in else {
        return send(app, visit, service, None, message).await;
    };
    let context = app.callers.context(signed_in).await.map_err(wire::status)?;
    let answer = send(app, visit, service, Some(&context), message.clone()).await?;
    if !epoch_is_old(&answer) {
        return Ok(answer);
    }
    // The caller's roles have changed a moment ago: resolve them again, once.
    let renewed = app.callers.renewed(signed_in, &context).await;
    let context = renewed.map_err(wire::status)?;
    send(app, visit, service, Some(&context), message).await
}

async fn send(
    app: &App,
    visit: &Visit,
    service: &str,
    context: Option<&HeaderValue>,
    message: Bytes,
) -> Result<Answer, Status> {
    let mut request = Request::post(visit.policy.path.as_str())
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .extension(visit.deadline);
    if let Some(id) = visit.headers.get(REQUEST_ID) {
        request = request.header(REQUEST_ID, id);
    }
    if let Some(context) = context {
        request = request.header(access::context::HEADER, context);
    }
    let request = request
        .body(Body::new(Full::new(message)))
        .map_err(|e| wire::status(kernel::Fault::from("a request that cannot be built", e).into()))?;
    let Ok(answer) = app.links.link(service).oneshot(request).await;
    Ok(answer)
}

/// The service that owns the method. Contracts that every service serves are routed by the header
/// `zhibu-service`, which is looked at for nothing else.
fn route(visit: &Visit) -> Result<&str, Refusal> {
    let service = visit.policy.path.trim_start_matches("/zhibu.");
    let name = service.split('.').next().unwrap_or_default();
    if !matches!(name, "process" | "audit") {
        return Ok(name);
    }
    let named = visit
        .headers
        .get(SERVICE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    if crate::SERVICES.contains(&named) {
        return Ok(named);
    }
    let zh =
        "请在请求头 zhibu-service 中写明由哪项服务办理（organization、member、activity、rating、resource）。";
    Err(Refusal::new(Kind::Invalid, "SERVICE_NOT_NAMED", zh))
}

/// Before the first snapshot of the tree every organization would be one that does not exist.
fn starting() -> Refusal {
    let zh = "系统正在启动，请稍后重试。";
    Refusal::new(Kind::Unavailable, "STARTING", zh).again_after(std::time::Duration::from_secs(1))
}

fn epoch_is_old(answer: &Answer) -> bool {
    Status::from_header_map(answer.headers()).is_some_and(|status| {
        status.code() == Code::Unauthenticated
            && status
                .get_error_details()
                .error_info()
                .is_some_and(|info| info.reason == EPOCH_OLD)
    })
}
