//! A small collector for what a process tells of itself over OTLP: traces, metrics, logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
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
    common::v1::{KeyValue, any_value},
    trace::v1::Span,
};
use tokio::sync::Notify;
use tonic::{Request, Response, Status, service::Routes};

/// A span, and the process that told it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The process, by the name under which it tells.
    pub process: String,
    /// The span.
    pub span: Span,
}

impl Told {
    /// An attribute that is a text; empty when it is not there.
    #[must_use]
    pub fn attribute(&self, key: &str) -> String {
        text(&self.span.attributes, key)
    }
}

/// A log line: the trace that it belongs to, and its text.
#[derive(Debug, Clone)]
pub struct Line {
    /// The trace's id; empty when it belongs to none.
    pub trace: Vec<u8>,
    /// The whole record.
    pub text: String,
}

#[derive(Default)]
struct Kept {
    spans: Vec<Told>,
    metrics: BTreeSet<String>,
    lines: Vec<Line>,
}

/// Keeps everything. Cheap to clone; clones are one collector.
#[derive(Clone, Default)]
pub struct Collector {
    kept: Arc<Mutex<Kept>>,
    more: Arc<Notify>,
}

impl Collector {
    /// What it serves.
    #[must_use]
    pub fn routes(&self) -> Routes {
        Routes::new(TraceServiceServer::new(self.clone()))
            .add_service(MetricsServiceServer::new(self.clone()))
            .add_service(LogsServiceServer::new(self.clone()))
    }

    fn keep(&self, change: impl FnOnce(&mut Kept)) {
        change(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        self.more.notify_waiters();
    }

    fn look<T>(&self, at: impl FnOnce(&Kept) -> T) -> T {
        at(&self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All spans that have come.
    #[must_use]
    pub fn spans(&self) -> Vec<Told> {
        self.look(|kept| kept.spans.clone())
    }

    /// The names of all metrics that have come.
    #[must_use]
    pub fn metrics(&self) -> BTreeSet<String> {
        self.look(|kept| kept.metrics.clone())
    }

    /// All log lines that have come.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.look(|kept| kept.lines.clone())
    }

    /// Waits until what has come is enough.
    pub async fn until<T>(&self, enough: impl Fn(&[Told]) -> Option<T>) -> T {
        loop {
            let more = self.more.notified();
            tokio::pin!(more);
            more.as_mut().enable();
            if let Some(found) = enough(&self.spans()) {
                return found;
            }
            more.await;
        }
    }
}

/// The longest way from a span to the root of its trace, as names of spans, the root first.
#[must_use]
pub fn longest_way(spans: &[Told]) -> Vec<String> {
    let by_id: BTreeMap<&[u8], &Told> = spans
        .iter()
        .map(|told| (told.span.span_id.as_slice(), told))
        .collect();
    let way = |from: &Told| {
        let mut names = vec![from.span.name.clone()];
        let mut at = from;
        while let Some(parent) = by_id.get(at.span.parent_span_id.as_slice()) {
            names.push(parent.span.name.clone());
            at = parent;
        }
        names.reverse();
        names
    };
    spans.iter().map(way).max_by_key(Vec::len).unwrap_or_default()
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let value = attributes
        .iter()
        .find(|one| one.key == key)
        .and_then(|one| one.value.clone()?.value);
    match value {
        Some(any_value::Value::StringValue(text)) => text,
        _ => String::new(),
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.keep(|kept| {
            for resource in request.into_inner().resource_spans {
                let process = resource.resource.map(|one| text(&one.attributes, "service.name"));
                let process = process.unwrap_or_default();
                let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
                kept.spans.extend(spans.map(|span| Told {
                    process: process.clone(),
                    span,
                }));
            }
        });
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let resources = request.into_inner().resource_metrics.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
        self.keep(|kept| kept.metrics.extend(names));
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Collector {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let resources = request.into_inner().resource_logs.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_logs);
        let lines = scopes.flat_map(|scope| scope.log_records).map(|record| Line {
            text: format!("{record:?}"),
            trace: record.trace_id,
        });
        self.keep(|kept| kept.lines.extend(lines));
        Ok(Response::new(Default::default()))
    }
}
