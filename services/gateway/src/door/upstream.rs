//! Behind the door: who calls, whether he calls too often, which service answers, and the call itself.

use bytes::Bytes;
use http::{HeaderValue, Request, header, request::Builder};
use http_body_util::Full;
use kernel::{Kind, Refusal};
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt;
use tower::ServiceExt;

use super::{Visit, dialects::Answer};
use crate::{app::App, callers::SignedIn, connect};

/// Names the service, for the contracts that every service serves in the same way.
const SERVICE: &str = "zhibu-service";

/// Sends the message to the service that owns the method and gives its answer as it comes.
pub(super) async fn call(app: &App, visit: &Visit, message: Bytes) -> Result<Answer, Status> {
    let refused = |refusal: Refusal| wire::status(refusal.into());
    let signed_in = app.callers.sign_in(&visit.headers).map_err(refused)?;
    app.limits
        .admit(signed_in.as_ref(), &visit.headers)
        .map_err(refused)?;
    let service = route(visit).map_err(refused)?;
    let timeout = timeout(visit).map_err(refused)?;
    let answer = send(
        app,
        visit,
        &service,
        &signed_in,
        message.clone(),
        timeout.as_ref(),
    )
    .await?;
    if !epoch_is_old(&answer) {
        return Ok(answer);
    }
    // The caller's grants have changed a moment ago: resolve them again, once.
    app.callers.forget(signed_in.as_ref());
    send(app, visit, &service, &signed_in, message, timeout.as_ref()).await
}

async fn send(
    app: &App,
    visit: &Visit,
    service: &str,
    signed_in: &Option<SignedIn>,
    message: Bytes,
    timeout: Option<&HeaderValue>,
) -> Result<Answer, Status> {
    let link = app.links.get(service).ok_or_else(|| {
        let zh = "这项服务没有配置，请联系管理员。";
        wire::status(
            Refusal::new(Kind::Unavailable, "SERVICE_NOT_CONFIGURED", zh)
                .with("service", service)
                .into(),
        )
    })?;
    let path = format!(
        "/{}/{}",
        visit.method.parent_service().full_name(),
        visit.method.name()
    );
    let mut request: Builder = Request::post(path)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers");
    if let Some(timeout) = timeout {
        request = request.header("grpc-timeout", timeout);
    }
    if let Some(signed_in) = signed_in {
        let context = app.callers.context(app, signed_in).await.map_err(wire::status)?;
        request = request.header(access::context::HEADER, context.as_ref());
    }
    let request = request
        .body(Body::new(Full::new(message)))
        .map_err(|e| wire::status(kernel::Fault::from("a request that cannot be built", e).into()))?;
    link.oneshot(request).await.map_err(|error| {
        tracing::info!(service, %error, "a service does not answer");
        let zh = "服务暂时没有回应，请稍后重试。";
        wire::status(
            Refusal::new(Kind::Unavailable, "SERVICE_UNAVAILABLE", zh)
                .with("service", service)
                .into(),
        )
    })
}

/// The service that owns the method. Contracts that every service serves are routed by the header
/// `zhibu-service`.
fn route(visit: &Visit) -> Result<String, Refusal> {
    let package = visit.method.parent_service().package_name().to_owned();
    let name = package.split('.').nth(1).unwrap_or_default();
    if !matches!(name, "process" | "audit") {
        return Ok(name.to_owned());
    }
    let named = visit
        .headers
        .get(SERVICE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    if ["organization", "member", "activity", "rating", "resource"].contains(&named) {
        return Ok(named.to_owned());
    }
    let zh =
        "请在请求头 zhibu-service 中写明由哪项服务办理（organization、member、activity、rating、resource）。";
    Err(Refusal::new(Kind::Invalid, "SERVICE_NOT_NAMED", zh))
}

/// The deadline that goes with the call; a service caps it by its policy.
fn timeout(visit: &Visit) -> Result<Option<HeaderValue>, Refusal> {
    if let Some(given) = visit.headers.get("grpc-timeout") {
        return Ok(Some(given.clone()));
    }
    Ok(connect::timeout(&visit.headers)?.and_then(|text| HeaderValue::try_from(text).ok()))
}

fn epoch_is_old(answer: &Answer) -> bool {
    Status::from_header_map(answer.headers()).is_some_and(|status| {
        status.code() == Code::Unauthenticated
            && status
                .get_error_details()
                .error_info()
                .is_some_and(|info| info.reason == "EPOCH_OLD")
    })
}
