use std::time::{Duration, Instant};

use kernel::{Role, clock::system_now, id::OrganizationId};
use proto::gateway::v1::{Freshness, GetBranchProfileRequest, GetBranchProfileResponse, Part};
use runtime::{Link, Links};
use testkit::stage::{node, reason};
use tonic::{Code, Status};

use crate::{
    services::{Mood, SECRET},
    world::{Person, SERVICES, World, nobody, open},
};

/// The RPC's own deadline.
const DEADLINE: Duration = Duration::from_secs(3);

async fn profile_of(
    world: &World,
    who: &Person,
    branch: OrganizationId,
) -> Result<GetBranchProfileResponse, Status> {
    let message = GetBranchProfileRequest {
        branch_id: branch.to_string(),
        year: 2025,
    };
    let answer = world.gateway().await.get_branch_profile(who.asks(message)).await;
    answer.map(tonic::Response::into_inner)
}

async fn profile(world: &World, who: &Person) -> GetBranchProfileResponse {
    profile_of(world, who, world.branch).await.expect("answered")
}

fn part<'a>(profile: &'a GetBranchProfileResponse, name: &str) -> &'a Part {
    profile
        .parts
        .iter()
        .find(|part| part.name == name)
        .expect("the part")
}

/// Which services have something in the profile.
fn shown(profile: &GetBranchProfileResponse) -> Vec<&'static str> {
    let there = [
        profile.organization.is_some(),
        profile.member.is_some(),
        profile.activity.is_some(),
        profile.rating.is_some(),
        profile.resource.is_some(),
    ];
    SERVICES
        .into_iter()
        .zip(there)
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}

fn others(than: &str) -> Vec<&'static str> {
    SERVICES.into_iter().filter(|name| *name != than).collect()
}

#[tokio::test]
async fn everything_about_a_branch_comes_from_five_services_and_is_fresh() {
    let world = World::start().await;
    let clerk = world.clerk();
    let profile = profile(&world, &clerk).await;
    assert!(
        profile
            .parts
            .iter()
            .all(|part| part.freshness() == Freshness::Fresh && part.why.is_empty())
    );
    assert_eq!(
        profile.organization.as_ref().map(|one| one.id.clone()),
        Some(world.branch.to_string())
    );
    let member = profile.member.expect("members");
    assert_eq!((member.full, member.probationary, member.exempt), (21, 2, 1));
    let activity = profile.activity.expect("activity");
    assert_eq!(
        (activity.expected, activity.kept),
        (16, 15),
        "what does not apply is owed by nobody"
    );
    assert_eq!(profile.rating.map(|result| result.star), Some(4));
    let resource = profile.resource.expect("resource");
    assert_eq!((resource.coming, resource.missed), (2, 1), "over all pages");
}

#[tokio::test]
async fn every_service_is_asked_in_the_name_of_the_caller() {
    let world = World::start().await;
    let clerk = world.clerk();
    profile(&world, &clerk).await;
    for method in [
        "GetOrganization",
        "CountMembers",
        "ListOwed",
        "GetResult",
        "ListBookings",
    ] {
        let asked = world.services.asked(method);
        assert!(!asked.is_empty(), "{method}");
        for asked in asked {
            let caller = asked.caller.expect("a verified caller");
            assert_eq!(
                (caller.subject, caller.grants.len()),
                (clerk.id.clone(), 1),
                "{method}"
            );
        }
    }
}

/// X19 and V1: any one service in any bad mood; nothing is known of it yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_service_down_is_missing_and_the_rest_is_answered_in_time() {
    let moods = [
        Mood::Absent,
        Mood::Failing,
        Mood::Slow,
        Mood::Garbage,
        Mood::Html,
        Mood::Astray,
    ];
    for mood in moods {
        let world = World::start().await;
        let clerk = world.clerk();
        // Organization says who may; so that it can be down, it was asked before.
        world
            .gateway()
            .await
            .who_am_i(clerk.asks(Default::default()))
            .await
            .expect("known");
        for down in SERVICES {
            if mood == Mood::Astray && ["member", "activity", "resource"].contains(&down) {
                continue;
            }
            world.services.feel(down, mood);
            let asked = Instant::now();
            // Another branch each time, so that nothing of it was kept.
            let branch = OrganizationId::new();
            world
                .services
                .found(&node(&[world.county, branch], kernel::OrganizationKind::Branch));
            let profile = profile_of(&world, &clerk, branch).await.unwrap_or_else(|status| {
                panic!("{down} {mood:?}: {status:?}");
            });
            assert!(
                asked.elapsed() < DEADLINE,
                "{down} {mood:?}: {:?}",
                asked.elapsed()
            );
            let part = part(&profile, down);
            assert_eq!(part.freshness(), Freshness::Missing, "{down} {mood:?}");
            assert!(
                part.as_of.is_none() && !part.why.is_empty(),
                "{down} {mood:?}: {part:?}"
            );
            assert!(!part.why.contains(SECRET), "{part:?}");
            assert_eq!(
                shown(&profile),
                others(down),
                "{down} {mood:?}: absent, never zero"
            );
            world.services.feel(down, Mood::Well);
        }
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_service_down_is_shown_as_of_before_and_since_when() {
    for mood in [Mood::Absent, Mood::Failing, Mood::Slow, Mood::Garbage] {
        let world = World::start().await;
        let clerk = world.clerk();
        let before = profile(&world, &clerk).await;
        for down in SERVICES {
            world.services.feel(down, mood);
            let (asked, asked_at) = (Instant::now(), system_now());
            let after = profile(&world, &clerk).await;
            assert!(
                asked.elapsed() < DEADLINE,
                "{down} {mood:?}: {:?}",
                asked.elapsed()
            );
            let part = part(&after, down);
            assert_eq!(part.freshness(), Freshness::Stale, "{down} {mood:?}");
            let since = part.as_of.as_ref().expect("since when");
            assert!(
                (since.seconds, since.nanos)
                    < (asked_at.timestamp(), asked_at.timestamp_subsec_nanos() as i32)
            );
            assert!(!part.why.is_empty());
            let fresh = after
                .parts
                .iter()
                .filter(|part| part.freshness() == Freshness::Fresh);
            assert_eq!(fresh.count(), 4, "{down} {mood:?}: the rest is as good as ever");
            assert_eq!(after.organization, before.organization);
            assert_eq!(after.member, before.member);
            assert_eq!(after.activity, before.activity);
            assert_eq!(after.rating, before.rating);
            assert_eq!(after.resource, before.resource);
            world.services.feel(down, Mood::Well);
        }
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_slow_is_not_waited_for_and_its_work_is_given_up() {
    let world = World::start().await;
    let clerk = world.clerk();
    profile(&world, &clerk).await;
    world.services.feel("rating", Mood::Slow);
    let asked = Instant::now();
    profile(&world, &clerk).await;
    assert!(
        asked.elapsed() < Duration::from_millis(1500),
        "{:?}",
        asked.elapsed()
    );
    world.services.until_waiting(0).await;
}

#[tokio::test]
async fn what_was_kept_is_fresh_again_as_soon_as_its_owner_answers() {
    let world = World::start().await;
    let clerk = world.clerk();
    profile(&world, &clerk).await;
    world.services.feel("member", Mood::Failing);
    world.services.count_members(30);
    let stale = profile(&world, &clerk).await;
    assert_eq!(stale.member.map(|part| part.full), Some(21));
    world.services.feel("member", Mood::Well);
    let fresh = profile(&world, &clerk).await;
    assert_eq!(part(&fresh, "member").freshness(), Freshness::Fresh);
    assert_eq!(fresh.member.map(|part| part.full), Some(30));
}

#[tokio::test]
async fn a_caller_never_gets_what_was_kept_for_another() {
    let world = World::start().await;
    let (one, other) = (world.clerk(), world.clerk());
    profile(&world, &one).await;
    world.services.feel("member", Mood::Absent);
    let answer = profile(&world, &other).await;
    assert_eq!(part(&answer, "member").freshness(), Freshness::Missing);
    assert_eq!(answer.member, None);
    let own = profile(&world, &one).await;
    assert_eq!(part(&own, "member").freshness(), Freshness::Stale);
}

#[tokio::test]
async fn a_caller_with_other_roles_does_not_get_what_was_kept_for_his_old_ones() {
    let world = World::start().await;
    let person = world.clerk();
    profile(&world, &person).await;
    world
        .services
        .grant(&person.id, &[(Role::Clerk, world.branch)], true);
    world.services.expect_newest_epoch(&person.id);
    world.services.feel("member", Mood::Absent);
    let answer = profile(&world, &person).await;
    assert_eq!(part(&answer, "member").freshness(), Freshness::Missing);
    assert_eq!(answer.member, None);
}

#[tokio::test]
async fn a_refusal_of_an_owner_is_told_and_never_covered_by_what_he_allowed_before() {
    let world = World::start().await;
    let clerk = world.clerk();
    profile(&world, &clerk).await;
    for mood in [Mood::Denying, Mood::Hiding] {
        world.services.feel("resource", mood);
        let answer = profile(&world, &clerk).await;
        let part = part(&answer, "resource");
        assert_eq!(
            (part.freshness(), answer.resource),
            (Freshness::Missing, None),
            "{mood:?}"
        );
        assert!(
            crate::world::is_chinese(&part.why),
            "the owner's own words: {part:?}"
        );
    }
    world.services.feel("resource", Mood::Absent);
    assert_eq!(profile(&world, &clerk).await.resource, None);
}

#[tokio::test]
async fn a_branch_that_was_never_rated_has_no_result_and_that_is_no_failure() {
    let world = World::start().await;
    world.services.feel("rating", Mood::Hiding);
    let answer = profile(&world, &world.clerk()).await;
    assert_eq!(part(&answer, "rating").freshness(), Freshness::Fresh);
    assert_eq!(answer.rating, None);
}

#[tokio::test]
async fn a_hidden_branch_is_an_absent_branch() {
    let world = World::start().await;
    let other = OrganizationId::new();
    world
        .services
        .found(&node(&[world.county, other], kernel::OrganizationKind::Branch));
    let stranger = world.somebody(&[(Role::Clerk, other)]);
    let hidden = profile_of(&world, &stranger, world.branch)
        .await
        .expect_err("hidden");
    let absent = profile_of(&world, &stranger, OrganizationId::new())
        .await
        .expect_err("absent");
    // His range is the branch's, yet organization does not show it to him.
    world.services.feel("organization", Mood::Hiding);
    let withheld = {
        world.services.feel("organization", Mood::Well);
        let clerk = world.clerk();
        world
            .gateway()
            .await
            .who_am_i(clerk.asks(Default::default()))
            .await
            .expect("known");
        world.services.feel("organization", Mood::Hiding);
        profile_of(&world, &clerk, world.branch)
            .await
            .expect_err("withheld")
    };
    for status in [&hidden, &absent, &withheld] {
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(
            (status.message(), status.details()),
            (hidden.message(), hidden.details())
        );
    }
}

#[tokio::test]
async fn who_has_no_role_is_told_which_he_needs() {
    let world = World::start().await;
    let refused = profile_of(&world, &Person::new(true), world.branch)
        .await
        .expect_err("refused");
    assert_eq!(reason(&refused), "ROLE_MISSING");
}

#[tokio::test]
async fn a_branch_that_was_made_a_moment_ago_is_known() {
    let world = World::start().await;
    let clerk = world.clerk();
    for _ in 0..20 {
        let branch = OrganizationId::new();
        world
            .services
            .found(&node(&[world.county, branch], kernel::OrganizationKind::Branch));
        profile_of(&world, &clerk, branch).await.expect("known at once");
    }
}

#[tokio::test]
async fn with_every_service_down_and_nothing_kept_there_is_no_profile() {
    let world = World::start().await;
    let clerk = world.clerk();
    world
        .gateway()
        .await
        .who_am_i(clerk.asks(Default::default()))
        .await
        .expect("known");
    for service in SERVICES {
        world.services.feel(service, Mood::Failing);
    }
    let refused = profile_of(&world, &clerk, world.branch)
        .await
        .expect_err("nothing to show");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unavailable, "ALL_PARTS_MISSING")
    );
}

/// No fake in between: links to nobody, and over the network to a port at which nobody listens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_not_there_at_all_is_missing() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let closed: http::Uri = format!("http://{}", closed.expect("a port"))
        .parse()
        .expect("a URI");
    let world = World::start().await;
    let clerk = world.clerk();
    let behind = world.services.clone();
    let (host, running) = open(&[], move |issuer| {
        Links::of([
            behind.link("organization", issuer),
            nobody("member"),
            Link::remote("activity", vec![closed.clone()], Some(issuer.clone())),
            Link::remote("rating", vec![], Some(issuer.clone())),
        ])
    })
    .await;
    let address = format!("http://{}", running.addresses.first().expect("an address"));
    let channel = tonic::transport::Channel::from_shared(address).expect("an address");
    let channel = channel.connect().await.expect("a connection");
    let message = GetBranchProfileRequest {
        branch_id: world.branch.to_string(),
        year: 2025,
    };
    let asked = Instant::now();
    let answer = proto::gateway::v1::gateway_service_client::GatewayServiceClient::new(channel)
        .get_branch_profile(clerk.asks(message))
        .await;
    assert!(asked.elapsed() < DEADLINE, "{:?}", asked.elapsed());
    assert_eq!(shown(&answer.expect("answered").into_inner()), ["organization"]);
    host.stop.cancel();
    running.until_stopped().await;
}
