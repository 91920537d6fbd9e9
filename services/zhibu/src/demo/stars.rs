//! From self-assessment to naming: the steps of the procedure `star_rating`, each by the person whose it is and on
//! a working day of its own (S-308 to S-311).

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use kernel::{Calendar, Day, Domain, Role};
use proto::{
    process::v1::Case,
    rating::v1::{
        EnterReviewMarksRequest, EvaluateRequest, ListResultsRequest, Result as Score, ReviewMarksRow,
        RunQuotaRequest, rating_service_client::RatingServiceClient as Rating,
    },
};

use super::{
    cases::Step,
    door::answer_limit,
    error::DemoError,
    journey::{Journey, LAST_LOAD},
    library::TOGETHER,
    rows::{library::evidence, line},
};

/// The procedure.
pub const STARS: &str = "star_rating";
/// The hour at which the steps of a day are taken.
pub const STEPS_AT: u32 = 10;
const PAGE: i32 = 1000;
const MOST_ROWS: usize = 500;

/// A case with what the county knows of its branch.
#[derive(Debug, Clone)]
pub struct Rated {
    /// The case.
    pub case: Case,
    /// The branch, by place among the organizations.
    pub branch: usize,
    /// Its result.
    pub score: Score,
}

impl Journey {
    /// January to March of the next year. Each step is taken when the clock has come to it, and not when a run before this
    /// one came further.
    pub async fn year_end(&mut self) -> Result<(), DemoError> {
        let freeze = self.county.freeze_day();
        let eve = kernel::day::add_days(freeze, -1);
        self.news.stage("年度述职与冻结");
        self.to(eve, 9).await?;
        match self.is_to_do(eve, 9) {
            true => self.record_debriefs(eve).await?,
            false => self.recall_debriefs().await?,
        }
        self.to(freeze, 8).await?;
        match self.is_to_do(freeze, 8) {
            true => self.load(LAST_LOAD).await?,
            false => self.recall(LAST_LOAD).await?,
        }
        self.to(freeze, 9).await?;
        if self.is_to_do(freeze, 9) {
            self.freeze(freeze).await?;
        }
        self.news.stage("自评、评议、研究");
        let today = self.working_days_on(freeze, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.self_assess(today).await?;
        }
        let today = self.working_days_on(today, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.debrief(today).await?;
        }
        let today = self.working_days_on(today, 3).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.resolve(today).await?;
        }
        let today = self.working_days_on(today, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.run_quota(today).await?;
        }
        self.news.stage("公示与确定");
        let today = self.working_days_on(today, 1).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.publish_local(today).await?;
        }
        let today = self.working_days_on(today, 6).await?;
        if self.is_to_do(today, STEPS_AT) {
            self.decide(today).await?;
        }
        self.news.stage("县级复核与命名");
        self.naming(today).await
    }

    /// Moves to the hour of steps on the `n`th working day after a day.
    pub async fn working_days_on(&mut self, day: Day, n: i64) -> Result<Day, DemoError> {
        let then = Calendar::official().add_working_days(day, n, false).day;
        self.to(then, STEPS_AT).await?;
        Ok(then)
    }

    /// The branches below a county by their ids.
    pub fn places(&self) -> BTreeMap<&str, usize> {
        self.county
            .branches()
            .map(|(at, _)| (self.known.organizations[at].as_str(), at))
            .collect()
    }

    /// The cases of a county in a state, each with its branch and result, in order of branch id.
    pub async fn rated(&self, county: usize, state: &str, today: Day) -> Result<Vec<Rated>, DemoError> {
        let who = self.actors().holder(Role::OrgDept, county, 0, today)?;
        let organization = self.known.organization(county);
        let cases = self
            .rating_cases()
            .standing(&who, &organization, STARS, state)
            .await?;
        let scores = self.results(county, &who).await?;
        let mut by_branch: BTreeMap<String, Score> = scores
            .into_iter()
            .map(|one| (one.branch_id.clone(), one))
            .collect();
        let places = self.places();
        let rated = |case: Case| {
            let branch = places.get(case.subject_id.as_str()).copied()?;
            let score = by_branch.remove(&case.subject_id)?;
            Some(Rated { case, branch, score })
        };
        let mut rated: Vec<Rated> = cases.into_iter().filter_map(rated).collect();
        rated.sort_by(|one, other| one.case.subject_id.cmp(&other.case.subject_id));
        Ok(rated)
    }

    /// All results of a county.
    pub async fn results(&self, county: usize, who: &str) -> Result<Vec<Score>, DemoError> {
        let mut request = ListResultsRequest {
            organization_id: self.known.organization(county),
            cycle_id: self.cycle(county)?,
            page_size: PAGE,
            page_token: String::new(),
        };
        let mut results = Vec::new();
        loop {
            let call = |channel, request| async move {
                Rating::new(channel)
                    .max_decoding_message_size(answer_limit())
                    .list_results(request)
                    .await
            };
            let answer = self.door.ask(who, request.clone(), call).await;
            let answer = answer.map_err(|status| DemoError::refused("列出评星结果", &status))?;
            results.extend(answer.results);
            if answer.next_page_token.is_empty() {
                return Ok(results);
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// Takes the same step in all cases of all counties that stand in a state.
    pub async fn each(
        &self,
        state: &str,
        today: Day,
        step: impl Fn(&Rated) -> Result<Option<Step>, DemoError>,
    ) -> Result<(), DemoError> {
        for county in self.actors().counties() {
            let mut steps = Vec::new();
            for one in self.rated(county, state, today).await? {
                steps.extend(step(&one)?.map(|step| (one.case, step)));
            }
            self.news.more(steps.len());
            let taking = steps.into_iter().map(|(case, step)| async move {
                self.rating_cases().take(&case, step, today).await?;
                self.news.done(1);
                Ok::<_, DemoError>(())
            });
            stream::iter(taking)
                .buffer_unordered(TOGETHER)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    /// The branches look at the base part that was computed and claim a star.
    async fn self_assess(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("支部自评");
        self.each("self_assessing", today, |one| {
            let who = self.actors().holder(Role::Secretary, one.branch, 0, today)?;
            let claimed = match one.score.base {
                90_000.. => 5,
                80_000.. => 4,
                70_000.. => 3,
                60_000.. => 2,
                _ => 1,
            };
            let report = format!(
                "{}年度支部自评报告：基础分 {} 千分",
                self.county.year, one.score.base
            );
            let claim = vec![
                evidence("self_assessment", report),
                evidence("claimed_star", claimed.to_string()),
            ];
            Ok(Some(Step::new("submit", who, claim)))
        })
        .await
    }

    /// The committees enter the marks of the debrief review, and take the step.
    async fn debrief(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("述职评议");
        self.enter_marks(today).await?;
        for county in self.actors().counties() {
            let cases = self.rated(county, "submitted", today).await?;
            self.news.more(cases.len());
            let taking = cases.into_iter().map(|one| self.debrief_one(county, one, today));
            stream::iter(taking)
                .buffer_unordered(TOGETHER)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    async fn debrief_one(&self, county: usize, one: Rated, today: Day) -> Result<(), DemoError> {
        let who = self
            .actors()
            .holder(Role::Clerk, self.actors().superior(one.branch)?, 0, today)?;
        let score = self.evaluate(county, &one, &who).await?;
        let minutes = self.tally.debriefs.get(&one.branch).cloned().unwrap_or_default();
        let given = vec![
            evidence("debrief_minutes", minutes),
            evidence("review_score", score.review.to_string()),
        ];
        self.rating_cases()
            .take(&one.case, Step::new("debrief", who, given), today)
            .await?;
        self.news.done(1);
        Ok(())
    }

    async fn evaluate(&self, county: usize, one: &Rated, who: &str) -> Result<Score, DemoError> {
        let request = EvaluateRequest {
            cycle_id: self.cycle(county)?,
            branch_id: one.case.subject_id.clone(),
        };
        let call = |channel, request| async move { Rating::new(channel).evaluate(request).await };
        let answer = self.door.ask(who, request, call).await;
        Ok(answer
            .map_err(|status| DemoError::refused("计算得分", &status))?
            .result
            .unwrap_or_default())
    }

    /// Marks go in before the step is taken; where it was taken they are in.
    async fn enter_marks(&self, today: Day) -> Result<(), DemoError> {
        let mut open = BTreeMap::<usize, Vec<ReviewMarksRow>>::new();
        for county in self.actors().counties() {
            let waiting: BTreeMap<usize, Rated> = self
                .rated(county, "submitted", today)
                .await?
                .into_iter()
                .map(|one| (one.branch, one))
                .collect();
            for (at, marks) in self
                .county
                .marks
                .iter()
                .enumerate()
                .filter(|(_, m)| waiting.contains_key(&m.branch))
            {
                let [good, fairly_good, fair, poor] = marks.ballots.map(u32::from);
                open.entry(marks.committee).or_default().push(ReviewMarksRow {
                    line: line(at),
                    branch_id: self.known.organization(marks.branch),
                    superior_marks: marks.superior.iter().map(|(mark, _)| u32::from(*mark)).collect(),
                    superior_reasons: marks.superior.iter().map(|(_, why)| (*why).to_owned()).collect(),
                    resolution_id: format!("党委会议纪要〔{}〕述职评议", today.format("%Y")),
                    good,
                    fairly_good,
                    fair,
                    poor,
                    meeting_id: self
                        .tally
                        .debriefs
                        .get(&marks.branch)
                        .cloned()
                        .unwrap_or_default(),
                });
            }
        }
        for (committee, rows) in open {
            for rows in rows.chunks(MOST_ROWS) {
                self.enter(committee, rows.to_vec(), today).await?;
            }
        }
        Ok(())
    }

    async fn enter(&self, committee: usize, rows: Vec<ReviewMarksRow>, today: Day) -> Result<(), DemoError> {
        let county = self.actors().county_of(committee)?;
        let request = EnterReviewMarksRequest {
            organization_id: self.known.organization(committee),
            cycle_id: self.cycle(county)?,
            rows,
        };
        let who = self.actors().holder(Role::Clerk, committee, 0, today)?;
        let call = |channel, request| async move { Rating::new(channel).enter_review_marks(request).await };
        let answer = self.door.ask(&who, request, call).await;
        let result = answer
            .map_err(|status| DemoError::refused("登记评议分", &status))?
            .result
            .unwrap_or_default();
        super::imports::all_taken("评议分", Some(&result))
    }

    /// The committees decide on the star that the rules give; the approval binds the explanation by its hash.
    async fn resolve(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("党委研究");
        self.each("debriefed", today, |one| {
            let committee = self.actors().superior(one.branch)?;
            let who = self.actors().holder(Role::Clerk, committee, 1, today)?;
            let name = &self.county.organizations[committee].name;
            let decided = vec![
                evidence(
                    "committee_resolution",
                    format!("{name}会议纪要〔{}〕1号", today.format("%Y")),
                ),
                evidence("proposed_star", one.score.star_vetoes.to_string()),
                evidence("score_explanation", &one.score.explanation_hash),
            ];
            Ok(Some(Step::new("resolve", who, decided).voted()))
        })
        .await
    }

    /// The quota runs once for each pool, and the seed of the draw is revealed (S-312).
    async fn run_quota(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("五星名额");
        self.clock.settle().await?;
        for county in self.actors().counties() {
            let request = RunQuotaRequest {
                cycle_id: self.cycle(county)?,
                draw_seed: self.draw_seed(county),
            };
            let who = self.actors().holder(Role::OrgDept, county, 0, today)?;
            let call = |channel, request| async move { Rating::new(channel).run_quota(request).await };
            let answer = self.door.ask(&who, request, call).await;
            let pools = answer
                .map_err(|status| DemoError::refused("核定五星名额", &status))?
                .pools;
            for pool in pools {
                let domains = pool.domains.iter().filter_map(|one| wire::words::domain(*one));
                let domains: Vec<&str> = domains.map(Domain::name_zh).collect();
                let (rated, within, waiting) = (pool.rated, pool.within.len(), pool.waiting.len());
                let (name, places) = (&self.county.organizations[county].name, pool.places);
                self.news.line(&format!(
                    "{name}名额池（{}）：参评 {rated}，名额 {places}，入围 {within}，候补 {waiting}",
                    domains.join("、")
                ));
            }
        }
        Ok(())
    }

    async fn publish_local(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("党委公示");
        self.each("resolved", today, |one| {
            let who = self
                .actors()
                .holder(Role::Clerk, self.actors().superior(one.branch)?, 0, today)?;
            Ok(Some(Step::new(
                "publish_local",
                who,
                vec![evidence("publicity_notice", "关于评星定级结果的公示")],
            )))
        })
        .await
    }

    /// When the window is over, four stars and below are decided, five-star proposals go to the county.
    async fn decide(&mut self, today: Day) -> Result<(), DemoError> {
        self.news.now("确定与报送");
        self.each("public_local", today, |one| {
            let committee = self.actors().superior(one.branch)?;
            Ok(Some(if one.score.star_vetoes >= 5 {
                let who = self.actors().holder(Role::Clerk, committee, 0, today)?;
                Step::new(
                    "propose_five",
                    who,
                    vec![evidence("five_star_file", "五星级支部复核材料")],
                )
            } else {
                let who = self.actors().holder(Role::Secretary, committee, 0, today)?;
                Step::new(
                    "decide",
                    who,
                    vec![evidence("decision_record", "公示无异议，予以确定")],
                )
            }))
        })
        .await
    }
}
