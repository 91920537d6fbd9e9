//! The page of a county, or of any organization: what its organization department wants to see.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use access::Authorized;
use futures::future::try_join_all;
use kernel::{Refusal, Role, RpcError, id::OrganizationId};
use proto::{
    gateway::v1::{DomainStars, Freshness, GetCountyPageRequest, GetCountyPageResponse, Part, Waiting},
    member::v1::CountMembersRequest,
    process::v1::ListWorkRequest,
    rating::v1::{
        ListFindingsRequest, ListRectificationsRequest, ListResultsRequest, Result as RatingResult,
    },
};
use tonic::Status;

use crate::{
    app::App,
    parts::part,
    peers::{Asker, KEEPERS},
};

/// How long each service is waited for; the results of a large county are several pages.
const PATIENCE: Duration = Duration::from_secs(8);
const PAGE: i32 = 1000;

/// Composes the page; what an owner does not answer is marked and absent.
pub async fn run(
    app: App,
    request: Authorized<GetCountyPageRequest>,
) -> Result<GetCountyPageResponse, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let asker = Asker::of(&app, &request).await?;
    let today = app.clock.today();
    let caller = Asker::key(&request, today);
    let question = format!("county {top} {}", request.cycle_id);
    let page = app.kept.composition(&caller, &question, PATIENCE);

    let works = KEEPERS.map(|keeper| {
        let (page, app, asker) = (&page, &app, &asker);
        async move {
            let name = format!("{keeper}.work");
            page.part(&name, waiting(app, asker, keeper, top)).await
        }
    });
    let (members, stars, findings, rectifications, works) = tokio::try_join!(
        page.part("member", members(&app, &asker, top)),
        page.part("rating", stars(&app, &asker, top, &request.cycle_id)),
        page.part("rating.findings", findings(&app, &asker, top)),
        page.part("rating.rectifications", rectifications(&app, &asker, top)),
        try_join_all(works),
    )?;
    let tree = app.tree.scopes().subtree(top);
    let standing = tree.iter().filter(|node| node.exists_on(today));
    let organizations: Vec<_> = standing
        .filter(|node| node.kind != kernel::OrganizationKind::PartyGroup)
        .collect();
    let branches = organizations.iter().filter(|node| node.kind.is_branch()).count();
    let mut parts = vec![
        of_the_tree(&app),
        members.0,
        stars.0,
        findings.0,
        rectifications.0,
    ];
    let mut pages = Vec::with_capacity(works.len());
    for (part, page) in works {
        parts.push(part);
        pages.extend(page);
    }
    Ok(GetCountyPageResponse {
        parts,
        organizations: count(organizations.len()),
        branches: count(branches),
        members: members.1,
        stars: stars.1.map(|page| page.stars).unwrap_or_default(),
        findings_open: findings.1,
        rectifications_open: rectifications.1,
        waiting: together(pages),
    })
}

/// What is counted from memory is as fresh as organization's feed.
fn of_the_tree(app: &App) -> Part {
    match app.tree.heard() {
        Some((_, true)) => part("organization", Freshness::Fresh, Some(app.clock.now()), ""),
        heard => {
            let why = "组织服务暂时没有回应，这是此前的内容。";
            part("organization", Freshness::Stale, heard.map(|(at, _)| at), why)
        }
    }
}

async fn members(app: &App, asker: &Asker, top: OrganizationId) -> Result<u32, Status> {
    let message = CountMembersRequest {
        organization_id: top.to_string(),
        ..Default::default()
    };
    let counts = app.member().count_members(asker.ask(message)).await?.into_inner();
    Ok(counts.full.saturating_add(counts.probationary))
}

async fn stars(
    app: &App,
    asker: &Asker,
    top: OrganizationId,
    cycle: &str,
) -> Result<GetCountyPageResponse, Status> {
    let mut rating = app.rating();
    let mut by_domain: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let message = ListResultsRequest {
            organization_id: top.to_string(),
            cycle_id: cycle.to_owned(),
            page_size: PAGE,
            page_token,
        };
        let page = rating.list_results(asker.ask(message)).await?.into_inner();
        for result in &page.results {
            let stars = by_domain.entry(result.domain).or_insert_with(|| vec![0; 5]);
            if let Some(cell) = stars.get_mut(shown(result).wrapping_sub(1) as usize) {
                *cell += 1;
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(GetCountyPageResponse {
        stars: by_domain
            .into_iter()
            .map(|(domain, stars)| DomainStars { domain, stars })
            .collect(),
        ..Default::default()
    })
}

/// What was decided, and until then what was computed.
fn shown(result: &RatingResult) -> u32 {
    [result.star_decided, result.star, result.star_vetoes]
        .into_iter()
        .find(|star| *star > 0)
        .unwrap_or(0)
}

async fn findings(app: &App, asker: &Asker, top: OrganizationId) -> Result<u32, Status> {
    let mut rating = app.rating();
    let (mut total, mut page_token) = (0, String::new());
    loop {
        let message = ListFindingsRequest {
            organization_id: top.to_string(),
            open_only: true,
            screening_only: false,
            page_size: PAGE,
            page_token,
        };
        let page = rating.list_findings(asker.ask(message)).await?.into_inner();
        total = count(page.findings.len()).saturating_add(total);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(total);
        }
    }
}

async fn rectifications(app: &App, asker: &Asker, top: OrganizationId) -> Result<u32, Status> {
    let mut rating = app.rating();
    let (mut total, mut page_token) = (0, String::new());
    loop {
        let message = ListRectificationsRequest {
            organization_id: top.to_string(),
            open_only: true,
            page_size: PAGE,
            page_token,
        };
        let page = rating.list_rectifications(asker.ask(message)).await?.into_inner();
        total = count(page.cases.len()).saturating_add(total);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(total);
        }
    }
}

/// Cases by their state, the step and who may take it.
type ByStep = BTreeMap<(String, String, String), u32>;

fn lines(by_step: ByStep) -> Vec<Waiting> {
    by_step
        .into_iter()
        .map(|((state_zh, step_zh, who), cases)| Waiting {
            who,
            step_zh,
            cases,
            state_zh,
        })
        .collect()
}

/// What waits for whom at all keepers, the same step of the same people as one line.
fn together(pages: Vec<GetCountyPageResponse>) -> Vec<Waiting> {
    let mut by_step = ByStep::new();
    for one in pages.into_iter().flat_map(|page| page.waiting) {
        let cases = by_step.entry((one.state_zh, one.step_zh, one.who)).or_default();
        *cases = cases.saturating_add(one.cases);
    }
    lines(by_step)
}

/// What waits at a keeper of procedures for whom, counted by state, step, and role and kind of organization.
async fn waiting(
    app: &App,
    asker: &Asker,
    keeper: &str,
    top: OrganizationId,
) -> Result<GetCountyPageResponse, Status> {
    let mut process = app.process(keeper);
    let mut by_step = BTreeMap::<_, BTreeSet<String>>::new();
    let mut page_token = String::new();
    loop {
        let message = ListWorkRequest {
            organization_id: top.to_string(),
            page_size: PAGE,
            page_token,
        };
        let page = process.list_work(asker.ask(message)).await?.into_inner();
        for one in page.work {
            let who = one
                .who
                .iter()
                .map(|right| named(app, right))
                .collect::<BTreeSet<_>>();
            let who = who.into_iter().collect::<Vec<_>>().join("、");
            let case = one.case.unwrap_or_default();
            let cases = by_step.entry((case.state_zh, one.step_zh, who)).or_default();
            cases.insert(case.id);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let counted = by_step
        .into_iter()
        .map(|(step, cases)| (step, count(cases.len())));
    Ok(GetCountyPageResponse {
        waiting: lines(counted.collect()),
        ..Default::default()
    })
}

/// `role@organization` in Chinese: the kind of organization, and the role at it.
fn named(app: &App, right: &str) -> String {
    let (role, at) = right.split_once('@').unwrap_or((right, ""));
    let role = Role::from_code(role).map_or_else(|| role.to_owned(), |role| role.name_zh().to_owned());
    let node = at
        .parse()
        .ok()
        .and_then(|id: OrganizationId| app.tree.scopes().get(id));
    format!("{}{role}", node.map_or("", |node| node.kind.name_zh()))
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
