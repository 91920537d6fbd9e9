//! One request is one trace, through the gateway and a service over the network, and metrics and logs arrive too:
//! checked at a small collector. A process of its own, since telemetry is the process's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{
            ExportLogsServiceRequest, ExportLogsServiceResponse,
            logs_service_server::{LogsService, LogsServiceServer},
        },
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    trace::v1::Span,
};
use runtime::{Link, Server, Settings, Telemetry, admission::Admitted, door::Door, server::Limits};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, service::Routes};

#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "runtime/fake.rs"]
mod fake;

use fake::{Fake, READ, call};

/// Trace id and text.
type Line = (Vec<u8>, String);

#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    metrics: Arc<Mutex<BTreeSet<String>>>,
    logs: Arc<Mutex<Vec<Line>>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes = request
            .into_inner()
            .resource_spans
            .into_iter()
            .flat_map(|resource| resource.scope_spans);
        self.spans
            .lock()
            .expect("lock")
            .extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let scopes = request
            .into_inner()
            .resource_metrics
            .into_iter()
            .flat_map(|resource| resource.scope_metrics);
        let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
        self.metrics.lock().expect("lock").extend(names);
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Collector {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let scopes = request
            .into_inner()
            .resource_logs
            .into_iter()
            .flat_map(|resource| resource.scope_logs);
        let records = scopes.flat_map(|scope| scope.log_records);
        let lines = records.map(|record| (record.trace_id.clone(), format!("{record:?}")));
        self.logs.lock().expect("lock").extend(lines);
        Ok(Response::new(Default::default()))
    }
}

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
    let receiver = Routes::new(TraceServiceServer::new(collector.clone()))
        .add_service(MetricsServiceServer::new(collector.clone()))
        .add_service(LogsServiceServer::new(collector.clone()));
    let endpoint = serve(receiver.prepare(), &stop).await.to_string();
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

    let spans = collector.spans.lock().expect("lock");
    let traces: BTreeSet<&[u8]> = spans.iter().map(|span| span.trace_id.as_slice()).collect();
    assert_eq!(
        (traces.len(), spans.len()),
        (1, 4),
        "two calls, each with its two ends: {spans:?}"
    );
    let by_id: BTreeMap<&[u8], &Span> = spans.iter().map(|span| (span.span_id.as_slice(), span)).collect();
    let last = spans
        .iter()
        .find(|span| spans.iter().all(|other| other.parent_span_id != span.span_id));
    let mut depth = 1;
    let mut at = last.expect("one without children");
    while let Some(parent) = by_id.get(at.parent_span_id.as_slice()) {
        (depth, at) = (depth + 1, *parent);
    }
    assert_eq!(depth, 4, "each span is the child of the one before");
    let metrics = collector.metrics.lock().expect("lock");
    for name in ["rpc.server.calls", "rpc.server.duration", "rpc.server.active"] {
        assert!(metrics.contains(name), "{name} is missing of {metrics:?}");
    }
    let logs = collector.logs.lock().expect("lock");
    let line = logs
        .iter()
        .find(|(_, line)| line.contains("looked up"))
        .expect("the line");
    assert_eq!(
        Some(line.0.as_slice()),
        traces.first().copied(),
        "a log line knows its trace"
    );
    stop.cancel();
}
