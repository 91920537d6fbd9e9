//! The debriefs of secretaries before marks and steps: as they were frozen, else as activity knows them now.

use std::{collections::HashMap, time::Instant};

use kernel::{Day, RpcError, id::OrganizationId};
use storage::Reading;

use crate::{
    app::App,
    domain::explanation::Fact,
    error::RatingError,
    freezing,
    peers::counting,
    store::{cycles::Cycle, facts},
};

/// The indicator whose evidence names the meetings.
const HELD: &str = "activity.debrief.held";
const ACTIVITY: &str = "activity";

/// What is asked, until when.
pub struct Debriefs<'a> {
    /// The parts.
    pub app: &'a App,
    /// The cycle.
    pub cycle: &'a Cycle,
    /// The business date: debriefs until then are known.
    pub on: Day,
    /// When the answer is no longer wanted.
    pub deadline: Instant,
}

impl Debriefs<'_> {
    /// What is known of the debriefs of branches whose facts are frozen. Activity is asked once more about those of
    /// whom the frozen fact does not say enough.
    pub async fn of(
        &self,
        read: &impl Reading,
        branches: &[OrganizationId],
        enough: impl Fn(OrganizationId, &Fact) -> bool,
    ) -> Result<HashMap<OrganizationId, Fact>, RpcError> {
        let frozen = facts::of_service(read, self.cycle.id, branches, ACTIVITY).await?;
        let mut known = HashMap::with_capacity(frozen.len());
        for (branch, facts) in frozen {
            known.extend(held(facts).map(|fact| (branch, fact)));
        }
        let doubtful: Vec<OrganizationId> = known
            .iter()
            .filter(|(branch, fact)| !enough(**branch, fact))
            .map(|(branch, _)| *branch)
            .collect();
        if !doubtful.is_empty() {
            known.extend(self.now(&doubtful).await?);
        }
        Ok(known)
    }

    async fn now(&self, branches: &[OrganizationId]) -> Result<Vec<(OrganizationId, Fact)>, RpcError> {
        let activity = self.app.counting.iter().find(|peer| peer.service == ACTIVITY);
        let activity = activity.ok_or(RatingError::PeerUnavailable(ACTIVITY))?;
        let top = counting::top(&self.app.scopes, branches)?;
        let mut span = freezing::span(self.cycle)?;
        span.freeze_day = span.freeze_day.max(self.on);
        let now = activity.collect(top, branches, span, Some(self.deadline)).await?;
        Ok(now
            .facts
            .into_iter()
            .filter_map(|(branch, facts)| Some((branch, held(facts)?)))
            .collect())
    }
}

fn held(facts: Vec<Fact>) -> Option<Fact> {
    facts.into_iter().find(|fact| fact.indicator == HELD)
}
