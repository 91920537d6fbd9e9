//! Traces, metrics and logs. Each layer has its own filter: quiet logs must not drop spans. Nothing personal goes
//! into any of them; ids and codes only.

use std::{io::IsTerminal, panic::PanicHookInfo};

use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    metrics::{PeriodicReader, SdkMeterProvider},
    propagation::TraceContextPropagator,
    trace::SdkTracerProvider,
};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::settings::{LogFormat, LogSettings, OtlpSettings, Shared};

mod meters;
mod spans;

pub(crate) use meters::Meters;
pub use spans::Propagate;
pub(crate) use spans::{client_span, inject, server_span};

/// What carries telemetry out of the process must not be traced itself, or each delivery makes another.
const NOT_TRACED: [&str; 6] = ["h2", "hyper", "hyper_util", "tonic", "tower", "opentelemetry"];

/// Telemetry cannot be started: the collector's address is none.
#[derive(Debug, thiserror::Error)]
#[error("遥测不能启动（{0}）。请检查 shared.otlp.endpoint，不用时留空。")]
pub struct TelemetryError(#[from] opentelemetry_otlp::ExporterBuildError);

/// Telemetry of this process, until it is stopped.
#[derive(Debug, Default)]
#[must_use = "what was gathered last is delivered by stop()"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    meters: Option<SdkMeterProvider>,
    logs: Option<SdkLoggerProvider>,
}

impl Telemetry {
    /// Starts logging, and delivery where a collector is set; must be called inside tokio, once a process.
    pub fn start(name: &'static str, shared: &Shared) -> Result<Self, TelemetryError> {
        global::set_text_map_propagator(TraceContextPropagator::new());
        let telemetry = match &shared.otlp {
            None => Self::default(),
            Some(otlp) => Self::deliver(name, otlp)?,
        };
        let traces = telemetry.traces.as_ref().map(|traces| {
            // A span says what was called and how long it took: where in the code, on which thread and how often it
            // was polled helps nobody who reads a trace, and is paid for with each call.
            tracing_opentelemetry::layer()
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_tracked_inactivity(false)
                .with_tracer(traces.tracer(name))
                .with_filter(ours())
        });
        let logs = telemetry
            .logs
            .as_ref()
            .map(|logs| OpenTelemetryTracingBridge::new(logs).with_filter(ours()));
        // A process that has a subscriber already, such as a test, keeps it.
        let _ = tracing_subscriber::registry()
            .with(lines(&shared.log))
            .with(traces)
            .with(logs)
            .try_init();
        Ok(telemetry)
    }

    fn deliver(name: &'static str, otlp: &OtlpSettings) -> Result<Self, TelemetryError> {
        let resource = Resource::builder().with_service_name(name).build();
        let spans = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&otlp.endpoint)
            .build()?;
        let metrics = MetricExporter::builder()
            .with_tonic()
            .with_endpoint(&otlp.endpoint)
            .build()?;
        let logs = LogExporter::builder()
            .with_tonic()
            .with_endpoint(&otlp.endpoint)
            .build()?;
        let reader = PeriodicReader::builder(metrics)
            .with_interval(otlp.metrics_every)
            .build();
        let traces = SdkTracerProvider::builder()
            .with_batch_exporter(spans)
            .with_resource(resource.clone())
            .build();
        let meters = SdkMeterProvider::builder()
            .with_reader(reader)
            .with_resource(resource.clone())
            .build();
        let logs = SdkLoggerProvider::builder()
            .with_batch_exporter(logs)
            .with_resource(resource)
            .build();
        global::set_meter_provider(meters.clone());
        Ok(Self {
            traces: Some(traces),
            meters: Some(meters),
            logs: Some(logs),
        })
    }

    /// Delivers what was gathered last. It may wait for the collector, on a thread of its own.
    pub async fn stop(self) {
        let stop = tokio::task::spawn_blocking(move || {
            let traces = self.traces.map(|traces| traces.shutdown());
            let meters = self.meters.map(|meters| meters.shutdown());
            let logs = self.logs.map(|logs| logs.shutdown());
            for failed in [traces, meters, logs]
                .into_iter()
                .flatten()
                .filter_map(Result::err)
            {
                tracing::warn!(error = %failed, "the last telemetry was not delivered");
            }
        });
        let _ = stop.await;
    }
}

/// Log lines on standard error, so that a command's answer on standard output stays clean.
fn lines(log: &LogSettings) -> Box<dyn Layer<Registry> + Send + Sync> {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for eyes: in a file or a collector they are noise.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Human => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    }
}

fn ours() -> Targets {
    NOT_TRACED.iter().fold(
        Targets::new().with_default(LevelFilter::INFO),
        |targets, target| targets.with_target(*target, LevelFilter::OFF),
    )
}

/// From now on panics are logged by where they happened, never by what they say: that may hold anything.
pub(crate) fn keep_panics_to_ourselves() {
    std::panic::set_hook(Box::new(note_panic));
}

fn note_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panic");
}
