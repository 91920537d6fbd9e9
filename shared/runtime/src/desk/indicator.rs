//! `zhibu.indicator.v1` of a service: the same stream for every one of them; a service supplies the counts.

use std::{collections::HashSet, future::Future, sync::Arc};

use access::{Authorized, Node};
use futures::{Stream, StreamExt, stream};
use kernel::{
    Day, Kind, Refusal, RpcError,
    id::OrganizationId,
    indicator::{Catalogue, Count, Indicator, Span},
};
use proto::indicator::v1::{
    Batch, BranchCounts, CollectRequest, CollectResponse, Count as WireCount, Indicator as WireIndicator,
    ListIndicatorsRequest, ListIndicatorsResponse, Source, collect_response::Part,
    indicator_service_server::IndicatorService,
};
use storage::{Read, Store};
use tonic::{Request, Response, Status};
use wire::Fields;

use super::{Answers, Desk};

/// Branches in one message of the stream, and in one question to the database.
const BATCH: usize = 500;

/// What a service counts.
pub trait Counter: Clone + Send + Sync + 'static {
    /// Whether the indicator is kept; the others answer NOT_KEPT_YET.
    fn keeps(&self, indicator: &str) -> bool;

    /// One row for each branch, in the order given, with one count for each indicator, in the order given. A branch is
    /// judged as what it was on the last day of the period.
    /// Indicators that are not kept are asked for too and answer so. All that is counted is read through `read`,
    /// which sees one moment: that of the source's position.
    fn count(
        &self,
        read: &Read,
        branches: &[Arc<Node>],
        indicators: &[&'static Indicator],
        span: Span,
    ) -> impl Future<Output = Result<Vec<Vec<Count>>, RpcError>> + Send;
}

/// The indicators of one service.
#[derive(Clone)]
pub struct Indicators<C> {
    /// The path of every request.
    pub desk: Desk,
    /// Whose database says how far the counts reach.
    pub store: Store,
    /// What is counted.
    pub counter: C,
}

#[tonic::async_trait]
impl<C: Counter> IndicatorService for Indicators<C> {
    type CollectStream = Answers<CollectResponse>;

    async fn list_indicators(
        &self,
        request: Request<ListIndicatorsRequest>,
    ) -> Result<Response<ListIndicatorsResponse>, Status> {
        let (owner, counter) = (self.store.service(), self.counter.clone());
        self.desk
            .serve(request, move |_| async move { Ok(catalogue(owner, &counter)) })
            .await
    }

    async fn collect(
        &self,
        request: Request<CollectRequest>,
    ) -> Result<Response<Self::CollectStream>, Status> {
        let (store, counter) = (self.store.clone(), self.counter.clone());
        self.desk
            .stream(request, |request| collect(store, counter, request))
            .await
    }
}

fn catalogue(owner: &str, counter: &impl Counter) -> ListIndicatorsResponse {
    let lines = Catalogue::shipped().of_owner(owner).map(|line| WireIndicator {
        id: line.id.clone(),
        name_zh: line.name_zh.clone(),
        unit: line.unit.clone(),
        kept: counter.keeps(&line.id),
    });
    ListIndicatorsResponse {
        indicators: lines.collect(),
    }
}

async fn collect<C: Counter>(
    store: Store,
    counter: C,
    request: Authorized<CollectRequest>,
) -> Result<impl Stream<Item = Result<CollectResponse, RpcError>> + Send + 'static, RpcError> {
    let (top, span) = asked(&request)?;
    let indicators = wanted(store.service(), &request.indicators)?;
    let branches = branches(&store, top, &request.branch_ids, span.period.last())?;
    // What was committed gets its position first; then position and counts are of one moment.
    storage::feed::advance(&store).await?;
    let read = Arc::new(store.snapshot(&request).await?);
    let position = storage::feed::position(&*read).await?;
    let source = Source {
        service: store.service().to_owned(),
        position,
    };
    let first = CollectResponse {
        part: Some(Part::Source(source)),
    };

    let batches: Vec<Vec<Arc<Node>>> = branches.chunks(BATCH).map(<[Arc<Node>]>::to_vec).collect();
    let rest = stream::iter(batches).then(move |batch| {
        let (counter, indicators, read) = (counter.clone(), indicators.clone(), read.clone());
        async move {
            let rows = counter.count(&read, &batch, &indicators, span).await?;
            let branches = batch.iter().zip(rows).map(|(branch, counts)| BranchCounts {
                branch_id: branch.id.to_string(),
                counts: indicators
                    .iter()
                    .zip(counts)
                    .map(|(line, count)| written(line, count))
                    .collect(),
            });
            Ok(CollectResponse {
                part: Some(Part::Batch(Batch {
                    branches: branches.collect(),
                })),
            })
        }
    });
    Ok(stream::once(async { Ok(first) }).chain(rest))
}

fn asked(request: &CollectRequest) -> Result<(OrganizationId, Span), Refusal> {
    let mut fields = Fields::new();
    let top = fields.parse("organization_id", &request.organization_id);
    let period = fields.period(("first_day", &request.first_day), ("last_day", &request.last_day));
    let freeze_day = fields.day("freeze_day", &request.freeze_day);
    fields.build((|| {
        Some((
            top?,
            Span {
                period: period?,
                freeze_day: freeze_day?,
            },
        ))
    })())
}

fn wanted(owner: &'static str, ids: &[String]) -> Result<Vec<&'static Indicator>, Refusal> {
    let catalogue = Catalogue::shipped();
    if ids.is_empty() {
        return Ok(catalogue.of_owner(owner).collect());
    }
    let known = |id: &String| {
        catalogue
            .get(id)
            .filter(|line| line.owner == owner)
            .ok_or_else(|| {
                let zh = "这项服务没有这一指标，请核对指标编号。";
                Refusal::new(Kind::Invalid, "INDICATOR_UNKNOWN", zh).with("indicator", id)
            })
    };
    ids.iter().map(known).collect()
}

/// What stands there today and was a branch on the day.
fn branches(store: &Store, top: OrganizationId, only: &[String], on: Day) -> Result<Vec<Arc<Node>>, Refusal> {
    let subtree = store.scopes().subtree(top);
    if subtree.is_empty() {
        return Err(Refusal::not_found());
    }
    let only: HashSet<OrganizationId> = only.iter().filter_map(|id| id.parse().ok()).collect();
    let mut branches: Vec<Arc<Node>> = subtree
        .into_iter()
        .filter(|node| node.on(on).kind.is_branch() && (only.is_empty() || only.contains(&node.id)))
        .collect();
    branches.sort_by_key(|node| node.id);
    Ok(branches)
}

fn written(line: &Indicator, count: Count) -> WireCount {
    let indicator = line.id.clone();
    match count {
        Count::Applies {
            numerator,
            denominator,
            evidence,
        } => WireCount {
            indicator,
            numerator,
            denominator,
            applicable: true,
            reason: String::new(),
            evidence,
        },
        Count::NotApplicable { reason } => WireCount {
            indicator,
            reason: reason.to_owned(),
            ..Default::default()
        },
    }
}
