//! `zhibu.clock.v1`: the driven clock of the demo and of tests.

use std::collections::BTreeMap;

use access::{Caller, Scope, Standing, Table, Verifier, context::HEADER};
use kernel::{Clock, Kind, Refusal, RpcError};
use prost_types::Timestamp;
use proto::clock::v1::{
    AdvanceRequest, AdvanceResponse, PositionsRequest, PositionsResponse,
    clock_service_server::{ClockService, ClockServiceServer},
};
use tonic::{Request, Response, Status, metadata::MetadataMap};

use crate::{
    host::Host,
    service::Positions,
    wakeups::{CLOCK, Wakeups},
};

pub(super) struct Driven {
    clock: Clock,
    verifier: Verifier,
    wakeups: Wakeups,
    positions: Vec<(&'static str, Positions)>,
}

pub(super) fn server(host: &Host, positions: Vec<(&'static str, Positions)>) -> ClockServiceServer<Driven> {
    let (clock, verifier, wakeups) = (host.clock.clone(), host.verifier.clone(), host.wakeups.clone());
    ClockServiceServer::new(Driven {
        clock,
        verifier,
        wakeups,
        positions,
    })
}

impl Driven {
    /// The admin port has no desk: the driver shows that he is one of those whom the policy names.
    fn admit(&self, metadata: &MetadataMap, method: &str) -> Result<(), Refusal> {
        let caller = match metadata.get(HEADER) {
            None => Caller::nobody().into(),
            Some(token) => self.verifier.verify(token.to_str().unwrap_or_default())?,
        };
        let policy = Table::of_suite().of_path(&format!("/zhibu.clock.v1.ClockService/{method}"));
        match policy.map(|policy| &policy.scope) {
            Some(Scope::System(from))
                if caller.standing == Standing::Service && from.contains(&caller.subject) =>
            {
                Ok(())
            }
            _ => Err(Refusal::new(
                Kind::Denied,
                "SERVICE_ONLY",
                "此接口只供系统内部服务调用。",
            )),
        }
    }

    fn advance_to(&self, to: Option<Timestamp>) -> Result<AdvanceResponse, Refusal> {
        let to = to
            .and_then(|to| kernel::Instant::from_timestamp(to.seconds, u32::try_from(to.nanos).ok()?))
            .ok_or_else(|| Refusal::field("to", "REQUIRED", "请填写要到达的时间。"))?;
        self.clock.advance(to).map_err(|backward| {
            let zh = "时钟只能向前，不能后退。";
            Refusal::new(Kind::Precondition, "CLOCK_BACKWARD", zh).with("now", backward.now.to_rfc3339())
        })?;
        self.wakeups.wake(CLOCK);
        let now = self.clock.now();
        let nanos = i32::try_from(now.timestamp_subsec_nanos()).unwrap_or_default();
        Ok(AdvanceResponse {
            now: Some(Timestamp {
                seconds: now.timestamp(),
                nanos,
            }),
        })
    }

    /// The positions of all services of this process as one: what one of them has not read yet of another is
    /// pending, cursors remain for those outside.
    async fn together(&self) -> Result<PositionsResponse, RpcError> {
        let mut each = BTreeMap::new();
        for (name, positions) in &self.positions {
            each.insert(*name, positions().await?);
        }
        let mut all = PositionsResponse::default();
        for one in each.values() {
            all.head += one.head;
            all.pending += one.pending;
            all.due += one.due;
            for (source, position) in &one.cursors {
                match each.get(source.as_str()) {
                    Some(here) => all.pending += here.head.saturating_sub(*position),
                    None => {
                        let cursor = all.cursors.entry(source.clone()).or_insert(*position);
                        *cursor = (*cursor).min(*position);
                    }
                }
            }
        }
        Ok(all)
    }
}

#[tonic::async_trait]
impl ClockService for Driven {
    async fn advance(&self, request: Request<AdvanceRequest>) -> Result<Response<AdvanceResponse>, Status> {
        let admitted = self.admit(request.metadata(), "Advance");
        let advanced = admitted.and_then(|()| self.advance_to(request.into_inner().to));
        advanced
            .map(Response::new)
            .map_err(|refusal| wire::status(refusal.into()))
    }

    async fn positions(
        &self,
        request: Request<PositionsRequest>,
    ) -> Result<Response<PositionsResponse>, Status> {
        self.admit(request.metadata(), "Positions")
            .map_err(|refusal| wire::status(refusal.into()))?;
        self.together().await.map(Response::new).map_err(wire::status)
    }
}
