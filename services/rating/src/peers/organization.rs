//! What rating asks of organization: which rules fire for whom (S-105).

use std::{collections::HashSet, time::Instant};

use kernel::{Day, RpcError, id::OrganizationId, indicator::Span};
use proto::{
    indicator::v1::{
        CollectRequest, collect_response::Part, indicator_service_client::IndicatorServiceClient,
    },
    organization::v1::{
        Firing as WireFiring, ScreenRequest, organization_service_client::OrganizationServiceClient,
    },
};
use runtime::link::Link;
use tonic::Request;

use crate::{domain::ledger::Firing, error::RatingError};

/// One has to ask for some indicator to learn how far a service is.
const ANY: &str = "organization.setup.rules";

/// Organization, reached over its link.
#[derive(Clone)]
pub struct Organization(pub Link);

/// What a screening saw.
#[derive(Debug, Default)]
pub struct Screened {
    /// The branches that were looked at.
    pub branches: HashSet<OrganizationId>,
    /// The rules that fire.
    pub firings: Vec<Firing>,
}

impl Organization {
    /// How far organization's own feed is now.
    pub async fn head(&self, top: OrganizationId, span: Span, deadline: Instant) -> Result<u64, RpcError> {
        let mut request = Request::new(CollectRequest {
            organization_id: top.to_string(),
            first_day: span.period.first().to_string(),
            last_day: span.period.last().to_string(),
            freeze_day: span.freeze_day.to_string(),
            indicators: vec![ANY.to_owned()],
            branch_ids: Vec::new(),
        });
        request
            .extensions_mut()
            .insert(runtime::admission::Deadline(deadline));
        let answer = IndicatorServiceClient::new(self.0.clone()).collect(request).await;
        let mut stream = answer.map_err(|status| wire::refusal_of(&status))?.into_inner();
        // It comes first, before anything is counted; nobody waits for the rest.
        let first = stream
            .message()
            .await
            .map_err(|status| wire::refusal_of(&status))?;
        match first.and_then(|message| message.part) {
            Some(Part::Source(source)) => Ok(source.position),
            _ => Err(RatingError::PeerUnavailable("organization").into()),
        }
    }

    /// Screens a subtree on a date.
    pub async fn screen(
        &self,
        top: OrganizationId,
        on: Day,
        deadline: Instant,
    ) -> Result<Screened, RpcError> {
        let mut request = Request::new(ScreenRequest {
            organization_id: top.to_string(),
            on: on.to_string(),
        });
        request
            .extensions_mut()
            .insert(runtime::admission::Deadline(deadline));
        let answer = OrganizationServiceClient::new(self.0.clone())
            .screen(request)
            .await;
        let mut stream = answer.map_err(|status| wire::refusal_of(&status))?.into_inner();
        let mut screened = Screened::default();
        let wrong = |_| RatingError::PeerUnavailable("organization");
        while let Some(batch) = stream
            .message()
            .await
            .map_err(|status| wire::refusal_of(&status))?
        {
            for branch in batch.branch_ids {
                screened.branches.insert(branch.parse().map_err(wrong)?);
            }
            for one in batch.firings {
                let branch = one.branch_id.parse().map_err(wrong)?;
                screened.firings.push(firing(branch, one));
            }
        }
        Ok(screened)
    }
}

fn firing(branch: OrganizationId, one: WireFiring) -> Firing {
    Firing {
        branch,
        rule: one.rule,
        norm: one.norm,
        why: one.why,
        evidence: one.evidence_json,
    }
}
