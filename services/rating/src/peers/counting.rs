//! What rating asks of every service that counts: the facts of a cycle (S-302).

use std::{collections::HashMap, iter::successors, time::Instant};

use access::Scopes;
use kernel::{
    Relation, RpcError,
    id::OrganizationId,
    indicator::{Catalogue, Span},
};
use proto::indicator::v1::{
    BranchCounts, CollectRequest, CollectResponse, Count, collect_response::Part,
    indicator_service_client::IndicatorServiceClient,
};
use runtime::link::Link;
use tonic::{Request, Streaming};

use crate::{domain::explanation::Fact, error::RatingError};

/// A service that counts, reached over its link.
#[derive(Clone)]
pub struct Counting {
    /// Its name.
    pub service: &'static str,
    /// The link to it.
    pub link: Link,
}

/// What a service counted.
#[derive(Debug, Default)]
pub struct Collected {
    /// The feed position that the counts include.
    pub position: u64,
    /// The facts of each branch, in the order of the catalogue.
    pub facts: HashMap<OrganizationId, Vec<Fact>>,
}

/// The lowest organization that stands above all of them today, which another one than before may be: a branch that
/// moved takes part where it took part. Refuses with `TREE_BEHIND` while none is known.
pub fn top(scopes: &Scopes, branches: &[OrganizationId]) -> Result<OrganizationId, RatingError> {
    let mut above = successors(branches.first().copied(), |one| {
        scopes.related(*one, Relation::Parent)
    });
    above
        .find(|above| branches.iter().all(|branch| scopes.covers(*above, *branch)))
        .ok_or(RatingError::TreeBehind)
}

impl Counting {
    /// All indicators of the service for at most 500 branches below `top`, which stands above them today.
    /// Refuses with `PEER_UNAVAILABLE` when it does not answer, or not for all of them.
    pub async fn collect(
        &self,
        top: OrganizationId,
        branches: &[OrganizationId],
        span: Span,
        deadline: Option<Instant>,
    ) -> Result<Collected, RpcError> {
        let indicators: Vec<String> = Catalogue::shipped()
            .of_owner(self.service)
            .map(|line| line.id.clone())
            .collect();
        let mut request = Request::new(CollectRequest {
            organization_id: top.to_string(),
            first_day: span.period.first().to_string(),
            last_day: span.period.last().to_string(),
            freeze_day: span.freeze_day.to_string(),
            indicators: indicators.clone(),
            branch_ids: branches.iter().map(ToString::to_string).collect(),
        });
        if let Some(deadline) = deadline {
            request
                .extensions_mut()
                .insert(runtime::admission::Deadline(deadline));
        }
        let answer = IndicatorServiceClient::new(self.link.clone())
            .collect(request)
            .await;
        let stream = answer.map_err(|status| wire::refusal_of(&status))?.into_inner();
        let collected = self.read(stream, &indicators).await?;
        if branches.iter().all(|branch| collected.facts.contains_key(branch)) {
            Ok(collected)
        } else {
            Err(RatingError::PeerUnavailable(self.service).into())
        }
    }

    async fn read(
        &self,
        mut stream: Streaming<CollectResponse>,
        indicators: &[String],
    ) -> Result<Collected, RpcError> {
        let mut collected = Collected::default();
        let mut cursor = String::new();
        while let Some(message) = stream
            .message()
            .await
            .map_err(|status| wire::refusal_of(&status))?
        {
            match message.part {
                Some(Part::Source(source)) => {
                    collected.position = source.position;
                    cursor = format!("{}@{}", self.service, source.position);
                }
                Some(Part::Batch(batch)) => {
                    for branch in batch.branches {
                        let (id, facts) = self.facts(branch, indicators, &cursor)?;
                        collected.facts.insert(id, facts);
                    }
                }
                None => {}
            }
        }
        Ok(collected)
    }

    /// One fact for each indicator asked for, in that order: anything else is no answer.
    fn facts(
        &self,
        branch: BranchCounts,
        indicators: &[String],
        cursor: &str,
    ) -> Result<(OrganizationId, Vec<Fact>), RatingError> {
        let wrong = || RatingError::PeerUnavailable(self.service);
        let id = branch.branch_id.parse().map_err(|_| wrong())?;
        let asked = branch.counts.iter().map(|count| &count.indicator).eq(indicators);
        let facts: Option<Vec<Fact>> = branch
            .counts
            .into_iter()
            .map(|count| fact(count, cursor))
            .collect();
        facts.filter(|_| asked).map(|facts| (id, facts)).ok_or_else(wrong)
    }
}

fn fact(count: Count, cursor: &str) -> Option<Fact> {
    Some(Fact {
        indicator: count.indicator,
        numerator: u64::try_from(count.numerator).ok()?,
        denominator: u64::try_from(count.denominator).ok()?,
        applicable: count.applicable,
        reason: count.reason,
        evidence: count.evidence,
        cursor: cursor.to_owned(),
    })
}
