//! What a county's organization department wants to see at the end, as the services answer it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use kernel::{Day, Domain, Instant, OrganizationKind, Role};
use proto::{
    activity::v1::{Duty, Meeting},
    gateway::v1::{
        Freshness, GetCountyPageRequest, GetCountyPageResponse, Waiting,
        gateway_service_client::GatewayServiceClient as Gateway,
    },
    member::v1::{CountMembersRequest, member_service_client::MemberServiceClient as Members},
    organization::v1::{
        ListOrganizationsRequest, organization_service_client::OrganizationServiceClient as Organizations,
    },
    rating::v1::{
        GetResultResponse, ListFindingsRequest, ListRectificationsRequest, Result as Score,
        rating_service_client::RatingServiceClient as Rating,
    },
    resource::v1::{Booking, BookingState},
};

use super::{door::answer_limit, error::DemoError, journey::Journey, rows::text};

pub mod document;
pub mod explained;
pub mod page;
mod scores;

const PAGE: i32 = 1000;

/// A defect of a branch, by the branch's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Defect {
    /// The branch's id.
    pub branch: String,
    /// What is wrong.
    pub kind: String,
}

/// One branch's result with its explanation.
#[derive(Debug)]
pub struct Explained {
    /// The branch's id.
    pub branch: String,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: Domain,
    /// As rating answers it.
    pub answer: GetResultResponse,
}

/// What waits in one county.
#[derive(Debug)]
pub struct Waits {
    /// The county's name.
    pub county: String,
    /// Which step of how many cases, and whose it is.
    pub step: Waiting,
}

/// The summary.
#[derive(Debug)]
pub struct Summary {
    /// Code and name of the county or city.
    pub county: (String, String),
    /// Organizations that exist, party groups included.
    pub organizations: usize,
    /// Branches of all kinds.
    pub branches: usize,
    /// Full and probationary members.
    pub members: u32,
    /// Meetings that count for the year.
    pub meetings: usize,
    /// Rated branches with one to five stars.
    pub stars: [usize; 5],
    /// The same by domain.
    pub by_domain: BTreeMap<Domain, [usize; 5]>,
    /// Five-star branches that are named.
    pub five_star_named: usize,
    /// Five-star proposals that wait for a place.
    pub waiting_for_place: usize,
    /// Namings that an open objection blocks.
    pub blocked: usize,
    /// Rectification cases that are open.
    pub rectification_cases: usize,
    /// Bookings that were confirmed, and refused.
    pub bookings: (usize, usize),
    /// Put in by the generator.
    pub injected: Vec<Defect>,
    /// Found by screening.
    pub found: Vec<Defect>,
    /// One branch of each domain.
    pub explanations: Vec<Explained>,
    /// How points are earned, by item, in the template by which the first of them was evaluated.
    pub ways: BTreeMap<String, String>,
    /// What waits for whom.
    pub waiting: Vec<Waits>,
    /// Why not all that waits is known; empty when all of it is.
    pub unheard: BTreeSet<String>,
    /// Branches of the cycle, rated or not.
    pub in_cycle: u32,
    /// Of these, those that are not rated, by the reason code.
    pub not_rated: BTreeMap<String, u32>,
    /// The day that a run before this one had reached: the times are then those of the rest alone.
    pub taken_up: Option<Day>,
    /// The business time.
    pub now: Instant,
    /// How long each stage took.
    pub stages: Vec<(String, Duration)>,
    /// Where the API answers.
    pub api: String,
    /// Where health and reflection are, by service; one place where all services are one process.
    pub admins: Vec<(String, SocketAddr)>,
}

impl Summary {
    /// Whether screening found exactly what was put in.
    pub fn judge(&self) -> Result<(), DemoError> {
        let missing = self
            .injected
            .iter()
            .filter(|one| !self.found.contains(one))
            .count();
        let more = self
            .found
            .iter()
            .filter(|one| !self.injected.contains(one))
            .count();
        match self.injected == self.found {
            true => Ok(()),
            false => Err(DemoError::answer(format!(
                "筛查查出的与预置的不同：漏 {missing} 条，多 {more} 条"
            ))),
        }
    }
}

impl Journey {
    /// Asks the services for everything that the summary shows.
    pub async fn summary(
        &mut self,
        (api, admins): (String, Vec<(String, SocketAddr)>),
    ) -> Result<Summary, DemoError> {
        self.news.stage("汇总");
        let reader = self.reader()?;
        let today = kernel::day::day_of(self.clock.now());
        let (organizations, branches) = self.count_organizations(&reader, today).await?;
        let results = self.all_results(&reader).await?;
        let by_domain = by_domain(&results);
        let mut stars = [0; 5];
        by_domain
            .values()
            .for_each(|row| row.iter().zip(&mut stars).for_each(|(one, sum)| *sum += one));
        let (mut waiting, mut unheard, mut blocked) = (Vec::new(), BTreeSet::new(), 0);
        let (mut in_cycle, mut not_rated) = (0, BTreeMap::<String, u32>::new());
        for county in self.actors().counties() {
            blocked += self.blocked(county).await?;
            let page = self.county_page(county, &reader).await?;
            unheard.extend(unheard_of(&page));
            let name = &self.county.organizations[county].name;
            waiting.extend(page.waiting.into_iter().map(|step| Waits {
                county: name.clone(),
                step,
            }));
            let cycle = self.look_at_cycle(county, &reader).await?;
            in_cycle += cycle.branches;
            let reasons = cycle.not_rated.into_iter().map(|one| one.reason);
            reasons.for_each(|reason| *not_rated.entry(reason).or_default() += 1);
        }
        let explanations = self.explanations(&results, &reader).await?;
        let summary = Summary {
            county: (self.county.code.clone(), self.county.name.clone()),
            organizations,
            branches,
            members: self.count_members(&reader, today).await?,
            meetings: self.count_meetings(today).await?,
            stars,
            by_domain,
            five_star_named: results.iter().filter(|one| one.star_decided == 5).count(),
            waiting_for_place: results.iter().filter(|one| one.waiting > 0).count(),
            blocked,
            rectification_cases: self.count_rectifications(&reader).await?,
            bookings: (
                confirmed(&self.booked(&reader).await?),
                self.refused().await?.len(),
            ),
            injected: self.injected(),
            found: self.found_by_screening(&reader).await?,
            ways: self.ways(explanations.first(), &reader).await?,
            explanations,
            waiting,
            unheard,
            in_cycle,
            not_rated,
            taken_up: self.taken_up(),
            now: self.clock.now(),
            stages: Vec::new(),
            api,
            admins,
        };
        self.news.end();
        Ok(Summary {
            stages: self.news.took().to_vec(),
            ..summary
        })
    }

    /// Those of the county or city, as its page counts them: not what stands above it, and a party group is a part of its
    /// branch.
    async fn count_organizations(&self, reader: &str, today: Day) -> Result<(usize, usize), DemoError> {
        let mut all = self.county.organizations.iter();
        let top = all.position(|one| one.division_code == self.county.code);
        let top = top.ok_or_else(|| DemoError::answer("所导入的县市没有组织"))?;
        let mut request = ListOrganizationsRequest {
            organization_id: self.known.organization(top),
            as_of: text(today),
            kinds: Vec::new(),
            page_size: PAGE,
            page_token: String::new(),
        };
        let (mut all, mut branches) = (0, 0);
        loop {
            let call = |channel, request| async move {
                Organizations::new(channel)
                    .max_decoding_message_size(answer_limit())
                    .list_organizations(request)
                    .await
            };
            let answer = self.door.ask(reader, request.clone(), call).await;
            let answer = answer.map_err(|status| DemoError::refused("列出组织", &status))?;
            let kinds = answer
                .organizations
                .iter()
                .filter_map(|one| wire::words::kind(one.kind))
                .filter(|kind| *kind != OrganizationKind::PartyGroup);
            for kind in kinds {
                all += 1;
                branches += usize::from(kind.is_branch());
            }
            if answer.next_page_token.is_empty() {
                return Ok((all, branches));
            }
            request.page_token = answer.next_page_token;
        }
    }

    async fn count_members(&self, reader: &str, today: Day) -> Result<u32, DemoError> {
        let request = CountMembersRequest {
            organization_id: self.known.organization(0),
            as_of: text(today),
        };
        let call = |channel, request| async move { Members::new(channel).count_members(request).await };
        let answer = self.door.ask(reader, request, call).await;
        let answer = answer.map_err(|status| DemoError::refused("统计党员", &status))?;
        Ok(answer.full + answer.probationary)
    }

    /// Meetings that count for the year, whenever they were held: life meetings and debriefs of a year come early in
    /// the next one.
    async fn count_meetings(&self, today: Day) -> Result<usize, DemoError> {
        let first = Day::from_ymd_opt(self.county.year, 1, 1).unwrap_or_default();
        let all = self.meetings((first, today), Duty::Unspecified).await?;
        Ok(all.iter().filter(|one| counts_for(one, self.county.year)).count())
    }

    async fn all_results(&self, reader: &str) -> Result<Vec<Score>, DemoError> {
        let mut all = Vec::new();
        for county in self.actors().counties() {
            all.extend(self.results(county, reader).await?);
        }
        Ok(all)
    }

    async fn count_rectifications(&self, reader: &str) -> Result<usize, DemoError> {
        let mut request = ListRectificationsRequest {
            organization_id: self.known.organization(0),
            open_only: true,
            page_size: PAGE,
            page_token: String::new(),
        };
        let mut all = 0;
        loop {
            let call =
                |channel, request| async move { Rating::new(channel).list_rectifications(request).await };
            let answer = self.door.ask(reader, request.clone(), call).await;
            let answer = answer.map_err(|status| DemoError::refused("列出整顿", &status))?;
            all += answer.cases.len();
            if answer.next_page_token.is_empty() {
                return Ok(all);
            }
            request.page_token = answer.next_page_token;
        }
    }

    fn injected(&self) -> Vec<Defect> {
        let defect = |one: &crate::county::defects::Defect| Defect {
            branch: self.known.organization(one.branch),
            kind: one.kind.code().into(),
        };
        let mut defects: Vec<Defect> = self.county.defects.iter().map(defect).collect();
        defects.sort();
        defects
    }

    async fn found_by_screening(&self, reader: &str) -> Result<Vec<Defect>, DemoError> {
        let mut request = ListFindingsRequest {
            organization_id: self.known.organization(0),
            open_only: false,
            screening_only: true,
            page_size: PAGE,
            page_token: String::new(),
        };
        let mut found = Vec::new();
        loop {
            let call = |channel, request| async move {
                Rating::new(channel)
                    .max_decoding_message_size(answer_limit())
                    .list_findings(request)
                    .await
            };
            let answer = self.door.ask(reader, request.clone(), call).await;
            let answer = answer.map_err(|status| DemoError::refused("列出问题", &status))?;
            found.extend(answer.findings.into_iter().map(|one| Defect {
                branch: one.branch_id,
                kind: one.rule,
            }));
            if answer.next_page_token.is_empty() {
                found.sort();
                return Ok(found);
            }
            request.page_token = answer.next_page_token;
        }
    }

    async fn county_page(&self, county: usize, reader: &str) -> Result<GetCountyPageResponse, DemoError> {
        let request = GetCountyPageRequest {
            organization_id: self.known.organization(county),
            cycle_id: self.cycle(county)?,
        };
        let call = |channel, request| async move { Gateway::new(channel).get_county_page(request).await };
        let answer = self.door.ask(reader, request, call).await;
        answer.map_err(|status| DemoError::refused("县域页面", &status))
    }

    /// Who may try the API, with a token and what to ask.
    pub async fn example(&self, api: &str) -> Result<page::Example, DemoError> {
        let county = self.actors().counties().first().copied().unwrap_or(0);
        let today = kernel::day::day_of(self.clock.now());
        let who = self.still_holding(Role::OrgDept, county, today).await?;
        Ok(page::Example {
            token: self.door.plain_token(&who, Duration::from_secs(12 * 3600))?,
            url: format!("{api}/zhibu.gateway.v1.GatewayService/GetCountyPage"),
            body: serde_json::json!({"organizationId": self.known.organization(county), "cycleId": self.cycle(county)?}),
        })
    }
}

/// What is told about the parts of a page in which work waits and that are not of this moment.
fn unheard_of(page: &GetCountyPageResponse) -> impl Iterator<Item = String> + '_ {
    let old = page
        .parts
        .iter()
        .filter(|part| part.name.ends_with(".work") && part.freshness() != Freshness::Fresh);
    old.map(|part| {
        let keeper = match part.name.split_once('.').map(|(keeper, _)| keeper) {
            Some("organization") => "组织",
            Some("resource") => "资源",
            _ => "评星定级",
        };
        format!("{keeper}{}", part.why)
    })
}

/// Whether a meeting counts for a year: the one that its record names, else the one of its day.
fn counts_for(meeting: &Meeting, year: i32) -> bool {
    let content = meeting.content.as_ref();
    content.is_some_and(|content| match content.for_year {
        0 => content.held_on.starts_with(&format!("{year}-")),
        named => named == year,
    })
}

/// Bookings that were confirmed, whatever became of them.
fn confirmed(bookings: &[Booking]) -> usize {
    let unconfirmed = [BookingState::Held, BookingState::Expired];
    bookings
        .iter()
        .filter(|one| !unconfirmed.contains(&one.state()))
        .count()
}

fn by_domain(results: &[Score]) -> BTreeMap<Domain, [usize; 5]> {
    let mut rows = BTreeMap::<Domain, [usize; 5]>::new();
    for one in results {
        let Some(domain) = wire::words::domain(one.domain) else {
            continue;
        };
        let row = rows.entry(domain).or_default();
        if let Some(cell) = (one.star as usize).checked_sub(1).and_then(|at| row.get_mut(at)) {
            *cell += 1;
        }
    }
    rows
}
