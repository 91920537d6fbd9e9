//! Roles: looked up once for many calls, again when they have changed, never kept when they could not be looked up.

use std::time::{Duration, Instant};

use kernel::Role;
use proto::{
    gateway::v1::{Freshness, GetBranchProfileRequest, WhoAmIRequest},
    member::v1::{CountMembersRequest, member_service_client::MemberServiceClient},
};
use testkit::stage::reason;
use tonic::{Code, Status};

use crate::{
    services::Mood,
    world::{Person, World},
};

fn looked_up(world: &World) -> usize {
    world.services.asked("ResolveCaller").len()
}

async fn count(world: &World, who: &Person) -> Result<u32, Status> {
    let message = CountMembersRequest {
        organization_id: world.branch.to_string(),
        ..Default::default()
    };
    let answer = MemberServiceClient::new(world.channel().await)
        .count_members(who.asks(message))
        .await;
    answer.map(|answer| answer.into_inner().full)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_calls_at_once_look_their_caller_up_once() {
    let world = World::with(&[("ZHIBU_GATEWAY__RATE__CALLER", "1000")]).await;
    let clerk = world.clerk();
    let calls = (0..100).map(|_| count(&world, &clerk));
    for answer in futures::future::join_all(calls).await {
        answer.expect("answered");
    }
    assert_eq!(looked_up(&world), 1);
}

#[tokio::test]
async fn what_could_not_be_looked_up_is_looked_up_again_at_the_next_call() {
    let world = World::start().await;
    let clerk = world.clerk();
    for mood in [Mood::Absent, Mood::Failing, Mood::Garbage] {
        world.services.feel("organization", mood);
        let refused = count(&world, &clerk).await.expect_err("nobody knows him");
        assert!(
            matches!(refused.code(), Code::Unavailable | Code::Internal),
            "{mood:?}: {refused:?}"
        );
    }
    world.services.feel("organization", Mood::Well);
    assert_eq!(count(&world, &clerk).await.expect("at once"), 21);
}

#[tokio::test]
async fn a_slow_look_up_ends_with_the_caller_s_time() {
    let world = World::start().await;
    let clerk = world.clerk();
    world.services.feel("organization", Mood::Slow);
    let asked = Instant::now();
    let refused = count(&world, &clerk).await.expect_err("nobody knows him");
    assert_eq!(refused.code(), Code::DeadlineExceeded);
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    world.services.until_waiting(0).await;
}

#[tokio::test]
async fn a_service_that_knows_of_newer_roles_makes_the_gateway_look_again_once() {
    let world = World::start().await;
    let clerk = world.clerk();
    count(&world, &clerk).await.expect("answered");
    world
        .services
        .grant(&clerk.id, &[(Role::Clerk, world.branch)], false);
    world.services.expect_newest_epoch(&clerk.id);
    count(&world, &clerk).await.expect("the caller does not notice");
    assert_eq!(looked_up(&world), 2);
    let asked = world.services.asked("CountMembers");
    let epochs: Vec<_> = asked
        .iter()
        .map(|asked| asked.caller.as_ref().map(|caller| caller.epoch))
        .collect();
    assert_eq!(
        epochs,
        [Some(1), None, Some(2)],
        "believed, refused, believed again"
    );
}

#[tokio::test]
async fn a_service_that_is_never_content_is_asked_twice_and_no_more() {
    let world = World::start().await;
    let clerk = world.clerk();
    count(&world, &clerk).await.expect("answered");
    // It has heard of a change that organization does not know: the gateway must not ask for ever.
    for _ in 0..5 {
        world.services.grant(&clerk.id, &[], false);
    }
    world.services.expect_newest_epoch(&clerk.id);
    world.services.forget_epochs(&clerk.id);
    let refused = count(&world, &clerk).await.expect_err("refused");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unauthenticated, "EPOCH_OLD")
    );
    assert_eq!(
        (looked_up(&world), world.services.asked("CountMembers").len()),
        (2, 3)
    );
}

#[tokio::test]
async fn a_composition_whose_caller_s_roles_have_changed_is_asked_again_as_a_whole() {
    let world = World::start().await;
    let clerk = world.clerk();
    let message = || GetBranchProfileRequest {
        branch_id: world.branch.to_string(),
        year: 2025,
    };
    let mut gateway = world.gateway().await;
    gateway
        .get_branch_profile(clerk.asks(message()))
        .await
        .expect("answered");
    world
        .services
        .grant(&clerk.id, &[(Role::Clerk, world.branch)], false);
    world.services.expect_newest_epoch(&clerk.id);
    let profile = gateway
        .get_branch_profile(clerk.asks(message()))
        .await
        .expect("answered")
        .into_inner();
    let fresh = profile
        .parts
        .iter()
        .filter(|part| part.freshness() == Freshness::Fresh);
    assert_eq!(fresh.count(), 5, "{:?}", profile.parts);
    assert_eq!(looked_up(&world), 2);
}

#[tokio::test]
async fn a_role_that_was_taken_is_gone_within_seconds_for_the_gateway_too() {
    let world = World::start().await;
    let clerk = world.clerk();
    let mut gateway = world.gateway().await;
    let mut roles = async || {
        let me = gateway
            .who_am_i(clerk.asks(WhoAmIRequest {}))
            .await
            .expect("answered");
        me.into_inner().grants.len()
    };
    assert_eq!(roles().await, 1);
    let taken = Instant::now();
    world.services.grant(&clerk.id, &[], true);
    while roles().await > 0 {
        assert!(taken.elapsed() < Duration::from_secs(2), "still believed");
    }
}
