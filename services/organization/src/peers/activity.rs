//! What organization asks of activity: what branches owe and have held.

use std::{collections::HashMap, time::Instant};

use kernel::{Period, RpcError, id::OrganizationId};
use proto::activity::v1::{
    BranchOwed, CollectOwedRequest, Duty, activity_service_client::ActivityServiceClient,
};
use runtime::link::Link;
use tonic::Request;

use crate::domain::screening::Life;

/// Activity, reached over its link.
#[derive(Clone)]
pub struct Activity(pub Link);

impl Activity {
    /// The organizational life of at most 500 branches in a period.
    pub async fn life(
        &self,
        branches: &[OrganizationId],
        period: Period,
        deadline: Instant,
    ) -> Result<HashMap<OrganizationId, Life>, RpcError> {
        let mut request = Request::new(CollectOwedRequest {
            branch_ids: branches.iter().map(ToString::to_string).collect(),
            first_day: period.first().to_string(),
            last_day: period.last().to_string(),
        });
        request
            .extensions_mut()
            .insert(runtime::admission::Deadline(deadline));
        let answer = ActivityServiceClient::new(self.0.clone())
            .collect_owed(request)
            .await;
        let answer = answer.map_err(|status| wire::refusal_of(&status))?.into_inner();
        Ok(answer
            .branches
            .iter()
            .filter_map(|owed| Some((owed.branch_id.parse().ok()?, life(owed))))
            .collect())
    }
}

fn life(owed: &BranchOwed) -> Life {
    let missed = |duty: Duty| {
        let found = owed
            .duties
            .iter()
            .find(|one| one.duty() == duty && one.applicable);
        found.map(|one| one.missed.clone()).unwrap_or_default()
    };
    Life {
        silent_quarters: owed.silent_quarters,
        assemblies_missed: missed(Duty::Assembly),
        theme_days_missed: missed(Duty::Theme),
    }
}
