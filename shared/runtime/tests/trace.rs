//! One request is one trace, through the gateway and a service over the network, and metrics and logs arrive too:
//! checked at a small collector. A process of its own, since telemetry is the process's.

use runtime::{Link, Server, Settings, Telemetry, admission::Admitted, door::Door, server::Limits};
use std::collections::BTreeSet;

use testkit::collector::{Collector, longest_way};
use tokio_util::sync::CancellationToken;

#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "runtime/fake.rs"]
mod fake;

use fake::{Fake, READ, call};

async fn serve<S>(service: S, stop: &CancellationToken) -> http::Uri
where
    S: tower::Service<
            http::Request<runtime::server::Arriving>,
            Response = http::Response<tonic::body::Body>,
            Error = std::convert::Infallible,
        > + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    let server = Server::bind(([127, 0, 0, 1], 0).into(), Limits::inside())
        .await
        .expect("a port");
    let uri = format!("http://{}", server.address()).parse().expect("uri");
    tokio::spawn(server.run(service, stop.clone()));
    uri
}

fn door(name: &'static str, fake: Fake) -> Door {
    Door::new(name, fake.routes(), Admitted::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_is_one_trace_through_gateway_and_service_and_metrics_and_logs_arrive() {
    let stop = CancellationToken::new();
    let collector = Collector::default();
    let endpoint = serve(collector.routes().prepare(), &stop).await.to_string();
    // Quiet logs must not drop spans.
    let environment = [
        ("ZHIBU_SHARED__OTLP__ENDPOINT", endpoint.as_str()),
        ("RUST_LOG", "error"),
    ];
    let environment = environment.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let settings = Settings::load(None, &[], environment).expect("settings");
    let telemetry = Telemetry::start("test", &settings.shared).expect("telemetry");

    let service = door(
        "organization",
        Fake::new(|_| async {
            tracing::info!(branch = "some-id", "looked up");
            Ok(())
        }),
    );
    let inner = Link::remote("organization", vec![serve(service, &stop).await], None);
    let front = door(
        "gateway",
        Fake::new(move |_| {
            let inner = inner.clone();
            // As the desk does: the use case in a task of its own.
            let task = tokio::spawn(tracing::Instrument::in_current_span(async move {
                call(&inner, READ, &[]).await
            }));
            async move { task.await.expect("no panic") }
        }),
    );
    let outer = Link::remote("gateway", vec![serve(front, &stop).await], None);
    call(&outer, READ, &[]).await.expect("answered");
    telemetry.stop().await;

    let spans = collector.spans();
    let traces: BTreeSet<&[u8]> = spans.iter().map(|told| told.span.trace_id.as_slice()).collect();
    assert_eq!(
        (traces.len(), spans.len()),
        (1, 4),
        "two calls, each with its two ends: {spans:?}"
    );
    assert_eq!(
        longest_way(&spans).len(),
        4,
        "each span is the child of the one before"
    );
    let metrics = collector.metrics();
    for name in ["rpc.server.calls", "rpc.server.duration", "rpc.server.active"] {
        assert!(metrics.contains(name), "{name} is missing of {metrics:?}");
    }
    let lines = collector.lines();
    let line = lines.iter().find(|line| line.text.contains("looked up"));
    assert_eq!(
        Some(line.expect("the line").trace.as_slice()),
        traces.first().copied(),
        "a log line knows its trace"
    );
    stop.cancel();
}
