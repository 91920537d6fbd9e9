//! A year that is over, as the services hold it by now: ids and people are read, and nothing is done again. Whoever uses
//! the suite may have taken any step since.

use kernel::{Day, Role};
use proto::{
    gateway::v1::{WhoAmIRequest, gateway_service_client::GatewayServiceClient as Gateway},
    rating::v1::{GetResultRequest, rating_service_client::RatingServiceClient as Rating},
};
use tonic::Code;

use super::{
    error::DemoError,
    journey::{Journey, LAST_LOAD},
};

impl Journey {
    /// Learns the ids that the summary is asked by, and who may ask.
    pub async fn recall_year(&mut self) -> Result<(), DemoError> {
        let today = kernel::day::day_of(self.clock.now());
        self.tally.reader = Some(self.still_holding(Role::OrgDept, 0, today).await?);
        self.learn_ids(LAST_LOAD).await?;
        // Whoever is found nowhere acts nowhere.
        self.learn_members(self.county.freeze_day()).await?;
        self.read_cycles().await
    }

    /// Learns the cycles that a run before this one opened. Until the freeze nothing tells of them: what opened them is
    /// sent again, and answered as it was.
    pub async fn recall_cycles(&mut self, opened: Day) -> Result<(), DemoError> {
        match self.is_to_do(self.county.freeze_day(), 9) {
            true => self.open_cycles(opened).await,
            false => self.read_cycles().await,
        }
    }

    async fn read_cycles(&mut self) -> Result<(), DemoError> {
        for county in self.actors().counties() {
            let cycle = self.cycle_of(county).await?;
            self.tally.cycles.insert(county, cycle);
        }
        Ok(())
    }

    /// The cycle of a county, by the first of its branches that is in one.
    async fn cycle_of(&self, county: usize) -> Result<String, DemoError> {
        let reader = self.reader()?;
        for (at, _) in self
            .county
            .branches()
            .filter(|(_, one)| one.county == Some(county))
        {
            let request = GetResultRequest {
                branch_id: self.known.organization(at),
                result_only: true,
                ..GetResultRequest::default()
            };
            let call = |channel, request| async move { Rating::new(channel).get_result(request).await };
            match self.door.ask(&reader, request, call).await {
                Ok(answer) => return Ok(answer.result.unwrap_or_default().cycle_id),
                Err(status) if status.code() == Code::NotFound => {}
                Err(status) => return Err(DemoError::refused("查看评星定级", &status)),
            }
        }
        Err(DemoError::answer("评星定级尚未开启"))
    }

    /// Somebody who holds a role at an organization, or above it where nobody does any more, as organization knows today:
    /// roles may have been taken away since.
    pub async fn still_holding(&self, role: Role, at: usize, today: Day) -> Result<String, DemoError> {
        let mut above = Some(at);
        while let Some(here) = above {
            for person in self.actors().holders(role, here, today) {
                let who = self.known.person(person);
                if !who.is_empty() && self.holds(&who, role, here).await? {
                    return Ok(who);
                }
            }
            above = self.county.organizations[here].parent;
        }
        let name = &self.county.organizations[at].name;
        Err(DemoError::answer(format!(
            "{name}及其上级现在没有{}",
            role.name_zh()
        )))
    }

    async fn holds(&self, who: &str, role: Role, at: usize) -> Result<bool, DemoError> {
        let call = |channel, request| async move { Gateway::new(channel).who_am_i(request).await };
        let answer = self.door.ask(who, WhoAmIRequest {}, call).await;
        let answer = answer.map_err(|status| DemoError::refused("查看职责", &status))?;
        let organization = self.known.organization(at);
        // Before any id is known there is the root alone.
        let here = |id: &str| organization.is_empty() || id == organization;
        let mut grants = answer.grants.iter();
        Ok(grants.any(|grant| grant.role == role.code() && here(&grant.organization_id)))
    }
}
