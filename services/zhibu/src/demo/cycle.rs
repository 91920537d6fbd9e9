//! The rating cycle up to its frozen facts: screening, opening, criteria, debriefs, freeze.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use kernel::{Day, Role};
use proto::{
    activity::v1::{
        Duty, ListMeetingsRequest, Meeting, RecordMeetingRequest,
        activity_service_client::ActivityServiceClient as Activity,
    },
    process::v1::OpenCaseRequest,
    rating::v1::{
        Cycle, FreezeCycleRequest, GetCycleRequest, OpenCycleRequest, RunScreeningRequest,
        rating_service_client::RatingServiceClient as Rating,
    },
};

use super::{
    cases::{Cases, Step},
    door::answer_limit,
    error::{DemoError, told},
    journey::Journey,
    library::TOGETHER,
    rows::{library::evidence, life, text},
};

const PAGE: i32 = 1000;
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(600);

impl Journey {
    /// The procedures of rating.
    #[must_use]
    pub fn rating_cases(&self) -> Cases<'_> {
        Cases {
            service: "rating",
            door: &self.door,
            ids: &self.ids,
        }
    }

    /// Screens all branches (S-105).
    pub async fn screen(&mut self, today: Day) -> Result<(), DemoError> {
        for county in self.actors().counties() {
            let request = RunScreeningRequest {
                organization_id: self.known.organization(county),
                on: text(today),
                request_id: self.ids.of("screening", county),
            };
            let who = self.actors().holder(Role::OrgDept, county, 0, today)?;
            let call = |channel, request| async move { Rating::new(channel).run_screening(request).await };
            let answer = self.door.ask(&who, request, call).await;
            let answer = answer.map_err(|status| DemoError::refused("筛查", &status))?;
            self.news.line(&format!(
                "{}筛查支部 {} 个，立问题 {} 条",
                self.county.organizations[county].name, answer.branches, answer.opened
            ));
        }
        Ok(())
    }

    /// Opens the cycle of each county: the template frozen by its hash, the draw committed to.
    pub async fn open_cycles(&mut self, today: Day) -> Result<(), DemoError> {
        for county in self.actors().counties() {
            let request = OpenCycleRequest {
                organization_id: self.known.organization(county),
                year: self.county.year,
                freeze_day: text(self.county.freeze_day()),
                draw_commitment: rating::domain::draw::commitment(self.draw_seed(county).as_bytes()),
                request_id: self.ids.of("open cycle", county),
            };
            let who = self.actors().holder(Role::OrgDept, county, 0, today)?;
            let call = |channel, request| async move { Rating::new(channel).open_cycle(request).await };
            let cycle = match self.door.ask(&who, request, call).await {
                Ok(answer) => answer.cycle.unwrap_or_default().id,
                // A run before this one opened it, longer ago than keys are kept.
                Err(status) => told(&status, "CYCLE_EXISTS", "cycle_id")
                    .ok_or_else(|| DemoError::refused("开启评星定级", &status))?,
            };
            self.tally.cycles.insert(county, cycle);
        }
        Ok(())
    }

    /// The seed of a county's draw, hidden until the quota runs.
    #[must_use]
    pub fn draw_seed(&self, county: usize) -> String {
        self.folder
            .draw_seed(&self.county.organizations[county].external_id)
    }

    /// The cycle of a county.
    pub fn cycle(&self, county: usize) -> Result<String, DemoError> {
        let cycle = self.tally.cycles.get(&county);
        cycle
            .cloned()
            .ok_or_else(|| DemoError::answer("评星定级尚未开启"))
    }

    /// Lists an organization for rectification because a criterion of the negative list is met.
    pub async fn list_for_criterion(&mut self, at: usize, today: Day) -> Result<(), DemoError> {
        let one = &self.county.rectifications[at];
        let (actors, cases) = (self.actors(), self.rating_cases());
        let county = actors.county_of(one.branch)?;
        let reader = actors.holder(Role::OrgDept, county, 1, today)?;
        let branch = self.known.organization(one.branch);
        let known = cases.of_subject(&reader, "rectification", &branch).await?;
        let opened = OpenCaseRequest {
            procedure: "rectification".into(),
            variant: "criteria".into(),
            subject_id: branch.clone(),
            organization_id: branch,
            ..OpenCaseRequest::default()
        };
        let seen = vec![
            evidence(
                "trigger_event",
                format!("{}年三季度组织生活督查", self.county.year),
            ),
            evidence("criterion", one.criterion),
        ];
        let nominate = Step::new(
            "nominate_other",
            actors.holder(Role::OrgDept, county, 0, today)?,
            seen,
        );
        let case = match known {
            Some(case) => case,
            None => cases.open(nominate, opened, today).await?,
        };
        if case.state != "nominated" {
            return Ok(());
        }
        let decision = vec![evidence("listing_decision", "列入年度软弱涣散党组织整顿名单")];
        let list = Step::new("list", actors.holder(Role::OrgDept, county, 1, today)?, decision);
        cases.take(&case, list, today).await.map(|_| ())
    }

    /// The clerks of the committees record the debriefs of the secretaries that were held before them, those
    /// that are not recorded yet.
    pub async fn record_debriefs(&mut self, today: Day) -> Result<(), DemoError> {
        let sight = self.sight(super::journey::LAST_LOAD);
        let known = self.recorded_debriefs().await?;
        let mut requests = Vec::new();
        for debrief in &self.county.superior_debriefs {
            let who = self.actors().holder(Role::Clerk, debrief.committee, 0, today)?;
            let new = debrief
                .debriefed
                .iter()
                .filter(|(branch, _)| !known.contains_key(branch));
            for (branch, speaker) in new {
                let request = RecordMeetingRequest {
                    branch_id: self.known.organization(*branch),
                    content: Some(life::superior_debrief(&sight, debrief, *speaker, today)),
                    request_id: self.ids.of("superior debrief", branch),
                };
                requests.push((*branch, who.clone(), request));
            }
        }
        self.news.more(requests.len());
        let sending = requests
            .into_iter()
            .map(|(branch, who, request)| self.record_debrief(branch, who, request));
        let recorded: Vec<_> = stream::iter(sending).buffered(TOGETHER).try_collect().await?;
        self.tally.debriefs.extend(known);
        self.tally.debriefs.extend(recorded);
        Ok(())
    }

    /// Learns the debriefs that a run before this one recorded.
    pub async fn recall_debriefs(&mut self) -> Result<(), DemoError> {
        self.tally.debriefs = self.recorded_debriefs().await?.into_iter().collect();
        Ok(())
    }

    /// The records of superior debriefs that activity has of the year, by branch.
    async fn recorded_debriefs(&self) -> Result<BTreeMap<usize, String>, DemoError> {
        let held = self.county.superior_debriefs.iter().map(|one| one.held_on);
        let (Some(first), Some(last)) = (held.clone().min(), held.max()) else {
            return Ok(BTreeMap::new());
        };
        let meetings = self.meetings((first, last), Duty::DebriefSuperior).await?;
        let places = self.places();
        let counts = |one: &Meeting| {
            let of = one.content.as_ref().map(|content| content.for_year);
            !one.annulled && of.is_some_and(|year| [0, self.county.year].contains(&year))
        };
        let counting = meetings.into_iter().filter(counts);
        Ok(counting
            .filter_map(|one| Some((*places.get(one.branch_id.as_str())?, one.id)))
            .collect())
    }

    /// All meetings of some days that fulfil a duty, whichever when it is not specified; attendance left out.
    pub async fn meetings(&self, (first, last): (Day, Day), duty: Duty) -> Result<Vec<Meeting>, DemoError> {
        let reader = self.reader()?;
        let mut request = ListMeetingsRequest {
            organization_id: self.known.organization(0),
            first_day: text(first),
            last_day: text(last),
            duty: duty.into(),
            page_size: PAGE,
            page_token: String::new(),
        };
        let mut all = Vec::new();
        loop {
            let call = |channel, request| async move {
                Activity::new(channel)
                    .max_decoding_message_size(answer_limit())
                    .list_meetings(request)
                    .await
            };
            let answer = self.door.ask(&reader, request.clone(), call).await;
            let answer = answer.map_err(|status| DemoError::refused("列出会议", &status))?;
            all.extend(answer.meetings);
            if answer.next_page_token.is_empty() {
                return Ok(all);
            }
            request.page_token = answer.next_page_token;
        }
    }

    async fn record_debrief(
        &self,
        branch: usize,
        who: String,
        request: RecordMeetingRequest,
    ) -> Result<(usize, String), DemoError> {
        let call = |channel, request| async move { Activity::new(channel).record_meeting(request).await };
        let answer = self.door.ask(&who, request, call).await;
        let meeting = answer
            .map_err(|status| DemoError::refused("登记述职评议", &status))?
            .meeting;
        self.news.done(1);
        Ok((branch, meeting.unwrap_or_default().id))
    }

    /// Freezes the facts of every county and waits until the base part of each branch is evaluated.
    pub async fn freeze(&mut self, today: Day) -> Result<(), DemoError> {
        for county in self.actors().counties() {
            let who = self.actors().holder(Role::OrgDept, county, 0, today)?;
            let request = FreezeCycleRequest {
                cycle_id: self.cycle(county)?,
            };
            let call = |channel, request| async move { Rating::new(channel).freeze_cycle(request).await };
            let answer = self.door.ask(&who, request, call).await;
            answer.map_err(|status| DemoError::refused("冻结指标", &status))?;
            self.wait_for_freeze(county, &who).await?;
        }
        self.clock.settle().await
    }

    async fn wait_for_freeze(&self, county: usize, who: &str) -> Result<(), DemoError> {
        let until = tokio::time::Instant::now() + LONGEST;
        let mut seen = None;
        loop {
            let cycle = self.look_at_cycle(county, who).await?;
            if matches!(cycle.state.as_str(), "frozen" | "closed") {
                self.news.line(&format!(
                    "冻结支部 {} 个，不参评 {} 个",
                    cycle.frozen,
                    cycle.not_rated.len()
                ));
                return Ok(());
            }
            if tokio::time::Instant::now() > until {
                return Err(DemoError::answer(format!(
                    "指标冻结没有完成（{}/{}）",
                    cycle.frozen, cycle.branches
                )));
            }
            if seen.replace(cycle.frozen) != Some(cycle.frozen) {
                self.news
                    .now(&format!("冻结 {}/{}", cycle.frozen, cycle.branches));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The cycle of a county as it stands, as somebody may see it.
    pub async fn look_at_cycle(&self, county: usize, who: &str) -> Result<Cycle, DemoError> {
        let request = GetCycleRequest {
            cycle_id: self.cycle(county)?,
        };
        let call = |channel, request| async move { Rating::new(channel).get_cycle(request).await };
        let answer = self.door.ask(who, request, call).await;
        Ok(answer
            .map_err(|status| DemoError::refused("查看评星定级", &status))?
            .cycle
            .unwrap_or_default())
    }
}
