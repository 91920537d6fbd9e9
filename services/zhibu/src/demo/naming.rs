//! The county's part: re-check of five-star proposals, consent, publicity, an objection that blocks one naming,
//! naming in signed batches, and what follows for two stars and below.

use futures::{StreamExt, TryStreamExt, stream};
use kernel::{Day, Role};
use proto::{
    process::v1::{ObjectRequest, process_service_client::ProcessServiceClient as Process},
    rating::v1::{
        GetCertificateRequest, SignNamingBatchRequest, rating_service_client::RatingServiceClient as Rating,
    },
};
use tonic::{Code, Status};

use super::{
    cases::Step,
    error::{DemoError, reason, told},
    journey::Journey,
    library::TOGETHER,
    rows::{library::evidence, text},
    stars::{Rated, STARS, STEPS_AT},
};

/// The contract's limit of a batch.
const MOST_BRANCHES: usize = 1000;
/// The procedure's objection to five-star namings.
const OBJECTION: &str = "county";

impl Journey {
    /// From the county's re-check to the last naming.
    pub async fn naming(&mut self, today: Day) -> Result<(), DemoError> {
        let today = self.working_days_on(today, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            let record = ("site_check_record", "实地核查，事实与材料一致");
            self.check(today, ("site_check", "实地核查"), Role::Inspector, record)
                .await?;
        }
        let today = self.working_days_on(today, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            let opinion = ("dept_opinion", "纪检监察机关意见：无不宜命名情形");
            self.check(
                today,
                ("dept_opinion", "听取有关单位意见"),
                Role::Department,
                opinion,
            )
            .await?;
        }
        let today = self.working_days_on(today, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.propose_naming(today).await?;
        }
        let today = self.working_days_on(today, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.consent(today).await?;
        }
        let published = self.working_days_on(today, 1).await?;
        if self.is_to_do(published, STEPS_AT) {
            self.publish_county(published).await?;
        }
        let today = self.working_days_on(published, 2).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.object(today).await?;
        }
        let today = self.working_days_on(published, 6).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.close_publicity(today).await?;
        }
        let today = self.working_days_on(today, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.name(today).await?;
        }
        let today = self.working_days_on(today, 2).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.list_low_stars(today).await?;
        }
        self.clock.settle().await
    }

    fn county_actor(&self, role: Role, branch: usize, nth: usize, today: Day) -> Result<String, DemoError> {
        self.actors()
            .holder(role, self.actors().county_of(branch)?, nth, today)
    }

    /// A step that leaves the case in its state, in every case that has not had it.
    async fn check(
        &mut self,
        today: Day,
        (step, title): (&'static str, &str),
        role: Role,
        (item, value): (&str, &str),
    ) -> Result<(), DemoError> {
        self.news.now(title);
        for county in self.actors().counties() {
            let cases = self.rated(county, "county_review", today).await?;
            self.news.more(cases.len());
            let journey = &*self;
            let taking = cases.into_iter().map(|one| async move {
                let who = journey.county_actor(role, one.branch, 0, today)?;
                if !journey.rating_cases().had(&who, &one.case, step).await? {
                    let given = vec![evidence(item, value)];
                    journey
                        .rating_cases()
                        .take(&one.case, Step::new(step, who, given), today)
                        .await?;
                }
                journey.news.done(1);
                Ok::<_, DemoError>(())
            });
            stream::iter(taking)
                .buffer_unordered(TOGETHER)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    /// Within the places a naming is proposed; the others wait in their order.
    async fn propose_naming(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("提出拟命名对象");
        self.each("county_review", today, |one| {
            Ok(Some(if one.score.waiting > 0 {
                let who = self.county_actor(Role::OrgDept, one.branch, 1, today)?;
                Step::new(
                    "queue",
                    who,
                    vec![evidence("waiting_rank", one.score.waiting.to_string())],
                )
            } else {
                let who = self.county_actor(Role::OrgDept, one.branch, 0, today)?;
                Step::new(
                    "propose_naming",
                    who,
                    vec![evidence("naming_proposal", "五星级党支部拟命名名单")],
                )
            }))
        })
        .await
    }

    async fn consent(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("县委同意");
        self.each("naming_proposed", today, |one| {
            let who = self.county_actor(Role::Clerk, one.branch, 1, today)?;
            let minutes = format!("县委常委会会议纪要〔{}〕2号", today.format("%Y"));
            Ok(Some(
                Step::new("consent", who, vec![evidence("consent_minutes", minutes)]).voted(),
            ))
        })
        .await
    }

    async fn publish_county(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("县级公示");
        self.each("consented", today, |one| {
            let who = self.county_actor(Role::OrgDept, one.branch, 0, today)?;
            Ok(Some(Step::new(
                "publish_county",
                who,
                vec![evidence("county_notice", "五星级党支部拟命名公示")],
            )))
        })
        .await
    }

    /// The proposal of each county that is objected to: the first by branch id.
    async fn objected(&self, county: usize, today: Day) -> Result<Option<Rated>, DemoError> {
        Ok(self
            .rated(county, "county_public", today)
            .await?
            .into_iter()
            .next())
    }

    /// Somebody of another branch objects to one naming.
    async fn object(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("公示期异议");
        for county in self.actors().counties() {
            let Some(one) = self.objected(county, today).await? else {
                continue;
            };
            let reader = self.county_actor(Role::OrgDept, one.branch, 0, today)?;
            if self.rating_cases().had(&reader, &one.case, OBJECTION).await? {
                continue;
            }
            let others = self
                .county
                .branches()
                .filter(|(at, other)| *at != one.branch && other.county == Some(county));
            let clerk = others
                .map(|(at, _)| self.actors().holder(Role::Clerk, at, 0, today))
                .find_map(Result::ok);
            let request = ObjectRequest {
                case_id: one.case.id.clone(),
                objection: OBJECTION.into(),
                grounds: "主题党日记录与实际开展情况不符，请核实后再命名".into(),
                on: text(today),
                request_id: self.ids.of("objection", county),
            };
            let call = |channel, request| async move { Process::new(channel).object(request).await };
            let who = clerk.ok_or_else(|| DemoError::answer("没有可以提出异议的人"))?;
            let answer = self.door.ask_of("rating", &who, request, call).await;
            answer.map_err(|status| DemoError::refused("提出异议", &status))?;
        }
        Ok(())
    }

    /// When the window is over, what nobody objects to goes on; an open objection blocks (S-310).
    async fn close_publicity(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("公示期满");
        for county in self.actors().counties() {
            for one in self.rated(county, "county_public", today).await? {
                let who = self.county_actor(Role::OrgDept, one.branch, 0, today)?;
                let step = Step::new(
                    "close_publicity",
                    who,
                    vec![evidence("publicity_result", "公示期满，未收到异议")],
                );
                match self.rating_cases().attempt(&one.case, step, today).await {
                    Ok(_) => {}
                    Err(status) if reason(&status) == "OBJECTION_OPEN" => {}
                    Err(status) => return Err(DemoError::refused("结束公示", &status)),
                }
            }
        }
        Ok(())
    }

    /// Proposals of a county whose publicity an objection holds open until it is answered.
    pub async fn blocked(&self, county: usize) -> Result<usize, DemoError> {
        let (reader, organization) = (self.reader()?, self.known.organization(county));
        let cases = self.rating_cases();
        let mut blocked = 0;
        for case in cases
            .standing(&reader, &organization, STARS, "county_public")
            .await?
        {
            blocked += usize::from(cases.is_objected(&reader, &case).await?);
        }
        Ok(blocked)
    }

    /// Each county signs its batches and names by them.
    async fn name(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("统一命名");
        for county in self.actors().counties() {
            let leader = self.actors().holder(Role::OrgDeptLead, county, 0, today)?;
            self.name_in_batches(county, ("to_name", "name_five"), leader, today)
                .await?;
            let clerk = self.actors().holder(Role::OrgDept, county, 3, today)?;
            self.name_in_batches(county, ("decided", "name_local"), clerk, today)
                .await?;
        }
        Ok(())
    }

    /// Names whoever is to be named: by the batch that holds its certificate already, where a run before this one was
    /// cut off between signing and naming, the others by new batches.
    async fn name_in_batches(
        &self,
        county: usize,
        (state, step): (&str, &'static str),
        who: String,
        today: Day,
    ) -> Result<(), DemoError> {
        let cases = self.rated(county, state, today).await?;
        self.news.more(cases.len());
        for cases in cases.chunks(MOST_BRANCHES) {
            let batches = self.batches(county, cases, today).await?;
            let taking = cases.iter().zip(&batches).map(|(one, batch)| {
                let step = Step::new(step, who.clone(), vec![evidence("naming_batch", batch)]);
                async move {
                    self.rating_cases().take(&one.case, step, today).await?;
                    self.news.done(1);
                    Ok::<_, DemoError>(())
                }
            });
            stream::iter(taking)
                .buffer_unordered(TOGETHER)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    /// The batch of each of these, in their order; whoever is in none gets into a new one.
    async fn batches(&self, county: usize, cases: &[Rated], today: Day) -> Result<Vec<String>, DemoError> {
        let ids: Vec<String> = cases.iter().map(|one| one.case.subject_id.clone()).collect();
        match self.sign(county, ids.clone(), today).await? {
            Ok(batch) => return Ok(vec![batch; ids.len()]),
            Err(status) if reason(&status) == "ALREADY_IN_BATCH" => {}
            Err(status) => return Err(DemoError::refused("签署命名批次", &status)),
        }
        let reading = ids.iter().map(|branch| self.batch_of(county, branch, today));
        let known: Vec<_> = stream::iter(reading).buffered(TOGETHER).try_collect().await?;
        let new: Vec<String> = ids
            .into_iter()
            .zip(&known)
            .filter(|(_, batch)| batch.is_none())
            .map(|(branch, _)| branch)
            .collect();
        let signed = match new.is_empty() {
            true => String::new(),
            false => {
                let signed = self.sign(county, new, today).await?;
                signed.map_err(|status| DemoError::refused("签署命名批次", &status))?
            }
        };
        Ok(known
            .into_iter()
            .map(|batch| batch.unwrap_or_else(|| signed.clone()))
            .collect())
    }

    async fn batch_of(&self, county: usize, branch: &str, today: Day) -> Result<Option<String>, DemoError> {
        let request = GetCertificateRequest {
            branch_id: branch.to_owned(),
            cycle_id: self.cycle(county)?,
        };
        let who = self.actors().holder(Role::OrgDept, county, 0, today)?;
        let call = |channel, request| async move { Rating::new(channel).get_certificate(request).await };
        match self.door.ask(&who, request, call).await {
            Ok(answer) => Ok(Some(answer.batch_id)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => match told(&status, "NOT_NAMED_YET", "batch_id") {
                Some(batch) => Ok(Some(batch)),
                None => Err(DemoError::refused("查看证书", &status)),
            },
        }
    }

    /// Signs a batch; its key goes with its branches.
    async fn sign(
        &self,
        county: usize,
        branch_ids: Vec<String>,
        today: Day,
    ) -> Result<Result<String, Status>, DemoError> {
        let request = SignNamingBatchRequest {
            organization_id: self.known.organization(county),
            cycle_id: self.cycle(county)?,
            request_id: self.ids.of("naming batch", branch_ids.join(" ")),
            branch_ids,
        };
        let who = self.actors().holder(Role::Clerk, county, 0, today)?;
        let call = |channel, request| async move { Rating::new(channel).sign_naming_batch(request).await };
        let answer = self.door.ask(&who, request, call).await;
        Ok(answer.map(|signed| signed.batch_id))
    }

    /// The county's department lists those whom the system proposed for two stars and below (S-315).
    async fn list_low_stars(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("列入整顿");
        self.clock.settle().await?;
        for county in self.actors().counties() {
            let who = self.actors().holder(Role::OrgDept, county, 1, today)?;
            let organization = self.known.organization(county);
            let cases = self
                .rating_cases()
                .standing(&who, &organization, "rectification", "nominated")
                .await?;
            for case in cases {
                let decision = vec![evidence("listing_decision", "评星定级二星及以下，列入整顿")];
                self.rating_cases()
                    .take(&case, Step::new("list", who.clone(), decision), today)
                    .await?;
            }
        }
        Ok(())
    }
}
