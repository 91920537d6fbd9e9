use kernel::{OrganizationKind, Role, id::OrganizationId};
use proto::{
    gateway::v1::{Freshness, GetCountyPageRequest, GetCountyPageResponse, Part},
    process::v1::{Case, Work},
};
use testkit::stage::{node, reason};
use tonic::{Code, Status};

use crate::{
    services::Mood,
    world::{Person, World},
};

async fn page_of(world: &World, who: &Person, top: OrganizationId) -> Result<GetCountyPageResponse, Status> {
    let message = GetCountyPageRequest {
        organization_id: top.to_string(),
        cycle_id: String::new(),
    };
    let answer = world.gateway().await.get_county_page(who.asks(message)).await;
    answer.map(tonic::Response::into_inner)
}

async fn page(world: &World, who: &Person) -> GetCountyPageResponse {
    page_of(world, who, world.county).await.expect("a page")
}

fn states(page: &GetCountyPageResponse) -> Vec<(&str, Freshness)> {
    page.parts
        .iter()
        .map(|part| (part.name.as_str(), part.freshness()))
        .collect()
}

fn part<'a>(page: &'a GetCountyPageResponse, name: &str) -> &'a Part {
    page.parts
        .iter()
        .find(|part| part.name == name)
        .expect("the part")
}

fn waits(world: &World) {
    let work = |case: &str, step: &str| Work {
        case: Some(Case {
            id: case.into(),
            state_zh: "已申报".into(),
            ..Default::default()
        }),
        step_zh: step.into(),
        who: vec![format!("org_dept@{}", world.county)],
        ..Default::default()
    };
    let rating = vec![
        work("a", "初评"),
        work("b", "初评"),
        work("b", "初评"),
        work("c", "复核"),
    ];
    world.services.waits("rating", rating);
    world
        .services
        .waits("resource", vec![work("d", "准入审核"), work("d", "复核")]);
    world.services.waits("organization", vec![work("e", "同意划转")]);
}

#[tokio::test]
async fn a_county_sees_its_organizations_members_stars_findings_and_what_waits() {
    let world = World::start().await;
    waits(&world);
    let page = page(&world, &world.clerk()).await;
    assert!(
        page.parts.iter().all(|part| part.freshness() == Freshness::Fresh),
        "{:?}",
        states(&page)
    );
    assert_eq!(
        (page.organizations, page.branches, page.members),
        (2, 1, Some(23))
    );
    let stars: Vec<_> = page
        .stars
        .iter()
        .map(|one| (one.domain, one.stars.clone()))
        .collect();
    assert_eq!(
        stars,
        [(1, vec![0, 0, 2, 1, 0])],
        "decided before computed, over all pages, none for unrated"
    );
    assert_eq!((page.findings_open, page.rectifications_open), (Some(5), Some(1)));
    let waiting: Vec<_> = page
        .waiting
        .iter()
        .map(|one| (one.step_zh.as_str(), one.cases))
        .collect();
    assert_eq!(
        waiting,
        [("准入审核", 1), ("初评", 2), ("同意划转", 1), ("复核", 2)],
        "cases, not what waits in them, of every keeper: rating, admissions and moves"
    );
    assert!(page.waiting.iter().all(|one| one.state_zh == "已申报"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keeper_that_is_away_is_marked_and_what_waits_at_the_others_is_there() {
    let world = World::start().await;
    waits(&world);
    world.services.feel("resource", Mood::Absent);
    let page = page(&world, &world.clerk()).await;
    assert_eq!(part(&page, "resource.work").freshness(), Freshness::Missing);
    let steps: Vec<_> = page.waiting.iter().map(|one| one.step_zh.as_str()).collect();
    assert_eq!(steps, ["初评", "同意划转", "复核"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_rating_its_numbers_are_absent_and_the_rest_is_there() {
    for mood in [Mood::Absent, Mood::Failing, Mood::Garbage, Mood::Html] {
        let world = World::start().await;
        world.services.feel("rating", mood);
        let page = page(&world, &world.clerk()).await;
        let missing: Vec<_> = states(&page)
            .into_iter()
            .filter(|(_, state)| *state == Freshness::Missing)
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(
            missing,
            [
                "rating",
                "rating.findings",
                "rating.rectifications",
                "rating.work"
            ]
        );
        assert_eq!(
            (page.findings_open, page.rectifications_open),
            (None, None),
            "{mood:?}: never zero"
        );
        assert!(page.stars.is_empty() && page.waiting.is_empty());
        assert_eq!(page.members, Some(23));
        world.stop().await;
    }
}

#[tokio::test]
async fn without_member_its_number_is_absent_then_as_of_before() {
    let world = World::start().await;
    let clerk = world.clerk();
    world.services.feel("member", Mood::Absent);
    assert_eq!(page(&world, &clerk).await.members, None);
    world.services.feel("member", Mood::Well);
    page(&world, &clerk).await;
    world.services.feel("member", Mood::Absent);
    let stale = page(&world, &clerk).await;
    assert_eq!(
        (part(&stale, "member").freshness(), stale.members),
        (Freshness::Stale, Some(23))
    );
    assert_eq!(
        page(&world, &world.clerk()).await.members,
        None,
        "never to another"
    );
}

#[tokio::test]
async fn a_part_is_as_of_the_business_time() {
    let driven = [
        ("ZHIBU_SHARED__CLOCK", "driven"),
        ("ZHIBU_SHARED__CLOCK_START", "2025-06-01T00:00:00Z"),
    ];
    let world = World::with(&driven).await;
    let clerk = world.clerk();
    let as_of = |page: &GetCountyPageResponse| -> Vec<Option<i64>> {
        let times = page.parts.iter().map(|part| part.as_of.as_ref());
        times.map(|at| at.map(|at| at.seconds)).collect()
    };
    let then = Some(1_748_736_000);
    let fresh = page(&world, &clerk).await;
    assert_eq!(as_of(&fresh), vec![then; fresh.parts.len()]);
    world.services.feel("member", Mood::Absent);
    let stale = page(&world, &clerk).await;
    assert_eq!(part(&stale, "member").freshness(), Freshness::Stale);
    assert_eq!(as_of(&stale), vec![then; stale.parts.len()]);
}

#[tokio::test]
async fn a_hidden_county_is_an_absent_county() {
    let world = World::start().await;
    let other = OrganizationId::new();
    world
        .services
        .found(&node(&[other], OrganizationKind::LocalCommittee));
    let stranger = world.somebody(&[(Role::OrgDept, other)]);
    let hidden = page_of(&world, &stranger, world.county)
        .await
        .expect_err("hidden");
    let absent = page_of(&world, &stranger, OrganizationId::new())
        .await
        .expect_err("absent");
    assert_eq!(hidden.code(), Code::NotFound);
    assert_eq!(
        (hidden.message(), hidden.details()),
        (absent.message(), absent.details())
    );
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let world = World::start().await;
    let message = GetCountyPageRequest {
        organization_id: world.county.to_string(),
        cycle_id: "x".into(),
    };
    let refused = world
        .gateway()
        .await
        .get_county_page(world.clerk().asks(message))
        .await;
    assert_eq!(reason(&refused.expect_err("refused")), "FIELDS_INVALID");
}
