//! The page of a county, or of any organization: what its organization department wants to see.

use std::collections::{BTreeMap, BTreeSet};

use access::Authorized;
use kernel::{Refusal, Role, RpcError, id::OrganizationId};
use proto::{
    gateway::v1::{DomainStars, GetCountyPageRequest, GetCountyPageResponse, Waiting},
    member::v1::CountMembersRequest,
    process::v1::ListWorkRequest,
    rating::v1::{
        ListFindingsRequest, ListRectificationsRequest, ListResultsRequest, Result as RatingResult,
    },
};
use tonic::Status;

use crate::{app::App, peers::Asker};

const PAGE: i32 = 1000;

/// Composes the page; what an owner does not answer is marked and absent.
pub async fn run(
    app: App,
    request: Authorized<GetCountyPageRequest>,
) -> Result<GetCountyPageResponse, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let asker = Asker::of(&app, &request).await?;
    let caller = Asker::key(&request);
    let question = format!("county {top} {}", request.cycle_id);

    let (members, stars, findings, rectifications, waiting) = tokio::join!(
        app.kept
            .part("member", &caller, &question, members(&app, &asker, top)),
        app.kept.part(
            "rating",
            &caller,
            &question,
            stars(&app, &asker, top, &request.cycle_id)
        ),
        app.kept
            .part("rating.findings", &caller, &question, findings(&app, &asker, top)),
        app.kept.part(
            "rating.rectifications",
            &caller,
            &question,
            rectifications(&app, &asker, top)
        ),
        app.kept
            .part("rating.work", &caller, &question, waiting(&app, &asker, top)),
    );
    let today = app.clock.today();
    let tree = app.scopes.subtree(top);
    let standing = tree.iter().filter(|node| node.exists_on(today));
    let organizations: Vec<_> = standing
        .filter(|node| node.kind != kernel::OrganizationKind::PartyGroup)
        .collect();
    let branches = organizations.iter().filter(|node| node.kind.is_branch()).count();
    Ok(GetCountyPageResponse {
        parts: vec![members.0, stars.0, findings.0, rectifications.0, waiting.0],
        organizations: count(organizations.len()),
        branches: count(branches),
        members: members.1,
        stars: stars.1.unwrap_or_default(),
        findings_open: findings.1,
        rectifications_open: rectifications.1,
        waiting: waiting.1.unwrap_or_default(),
    })
}

async fn members(app: &App, asker: &Asker, top: OrganizationId) -> Result<u32, Status> {
    let message = CountMembersRequest {
        organization_id: top.to_string(),
        ..Default::default()
    };
    let counts = app
        .member()?
        .count_members(asker.ask(message))
        .await?
        .into_inner();
    Ok(counts.full + counts.probationary)
}

async fn stars(
    app: &App,
    asker: &Asker,
    top: OrganizationId,
    cycle: &str,
) -> Result<Vec<DomainStars>, Status> {
    let mut rating = app.rating()?;
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
    Ok(by_domain
        .into_iter()
        .map(|(domain, stars)| DomainStars { domain, stars })
        .collect())
}

/// What was decided, and until then what was computed.
fn shown(result: &RatingResult) -> u32 {
    [result.star_decided, result.star, result.star_vetoes]
        .into_iter()
        .find(|star| *star > 0)
        .unwrap_or(0)
}

async fn findings(app: &App, asker: &Asker, top: OrganizationId) -> Result<u32, Status> {
    let mut rating = app.rating()?;
    let (mut total, mut page_token) = (0, String::new());
    loop {
        let message = ListFindingsRequest {
            organization_id: top.to_string(),
            open_only: true,
            screening_only: true,
            page_size: PAGE,
            page_token,
        };
        let page = rating.list_findings(asker.ask(message)).await?.into_inner();
        total += count(page.findings.len());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(total);
        }
    }
}

async fn rectifications(app: &App, asker: &Asker, top: OrganizationId) -> Result<u32, Status> {
    let mut rating = app.rating()?;
    let (mut total, mut page_token) = (0, String::new());
    loop {
        let message = ListRectificationsRequest {
            organization_id: top.to_string(),
            open_only: true,
            page_size: PAGE,
            page_token,
        };
        let page = rating.list_rectifications(asker.ask(message)).await?.into_inner();
        total += count(page.cases.len());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(total);
        }
    }
}

/// What waits in rating for whom, counted by role, kind of organization and step.
async fn waiting(app: &App, asker: &Asker, top: OrganizationId) -> Result<Vec<Waiting>, Status> {
    let mut process = app.process("rating")?;
    let mut by_step: BTreeMap<(String, String), u32> = BTreeMap::new();
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
            *by_step.entry((who, one.step_zh)).or_default() += 1;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(by_step
        .into_iter()
        .map(|((who, step_zh), cases)| Waiting { who, step_zh, cases })
        .collect())
}

/// `role@organization` in Chinese: the kind of organization, and the role at it.
fn named(app: &App, right: &str) -> String {
    let (role, at) = right.split_once('@').unwrap_or((right, ""));
    let role = Role::from_code(role).map_or_else(|| role.to_owned(), |role| role.name_zh().to_owned());
    let node = at.parse().ok().and_then(|id: OrganizationId| app.scopes.get(id));
    format!("{}{role}", node.map_or("", |node| node.kind.name_zh()))
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
