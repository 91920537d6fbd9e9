//! What is counted about calls: how many by path and code, how long, how many are running, how many were refused
//! for overload.

use std::time::Duration;

use kernel::{Kind, RpcError};
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram, UpDownCounter},
};

/// Seconds; a point read lies at the low end, an import at the high one.
const BUCKETS: [f64; 12] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0,
];

/// The meters of one service's door.
#[derive(Debug)]
pub(crate) struct Meters {
    service: KeyValue,
    calls: Counter<u64>,
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
    shed: Counter<u64>,
}

/// Counts a call as running until it is dropped, also when its caller goes away.
pub(crate) struct Active<'a>(&'a Meters);

impl Meters {
    pub(crate) fn new(service: &'static str) -> Self {
        let meter = global::meter("zhibu");
        Self {
            service: KeyValue::new("service", service),
            calls: meter
                .u64_counter("rpc.server.calls")
                .with_description("calls answered")
                .build(),
            duration: meter
                .f64_histogram("rpc.server.duration")
                .with_unit("s")
                .with_boundaries(BUCKETS.to_vec())
                .build(),
            active: meter
                .i64_up_down_counter("rpc.server.active")
                .with_description("calls running")
                .build(),
            shed: meter
                .u64_counter("rpc.server.shed")
                .with_description("calls refused for overload, or too late")
                .build(),
        }
    }

    pub(crate) fn begin(&self) -> Active<'_> {
        self.active.add(1, std::slice::from_ref(&self.service));
        Active(self)
    }

    pub(crate) fn refused(&self, error: &RpcError) {
        if error
            .refusal()
            .is_some_and(|refusal| matches!(refusal.kind, Kind::Exhausted | Kind::Late))
        {
            self.shed.add(1, std::slice::from_ref(&self.service));
        }
    }

    pub(crate) fn finish(&self, path: &'static str, code: tonic::Code, took: Duration) {
        let attributes = [
            self.service.clone(),
            KeyValue::new("rpc.method", path),
            KeyValue::new("rpc.grpc.status_code", i64::from(code as i32)),
        ];
        self.calls.add(1, &attributes);
        self.duration.record(took.as_secs_f64(), &attributes);
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.active.add(-1, std::slice::from_ref(&self.0.service));
    }
}
