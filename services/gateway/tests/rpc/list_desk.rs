use proto::{
    gateway::v1::{Freshness, ListDeskRequest, ListDeskResponse},
    process::v1::{Case, Work},
};
use testkit::stage::reason;

use crate::{
    services::Mood,
    world::{Person, World},
};

const KEEPERS: [&str; 3] = ["organization", "rating", "resource"];

fn work(case: &str, last_day: &str) -> Work {
    Work {
        case: Some(Case {
            id: case.into(),
            ..Default::default()
        }),
        last_day: last_day.into(),
        ..Default::default()
    }
}

async fn busy() -> World {
    let world = World::start().await;
    world
        .services
        .waits("rating", vec![work("r2", "2025-03-01"), work("r3", "")]);
    world.services.waits(
        "resource",
        vec![work("s1", "2025-02-01"), work("s2", "2025-03-01")],
    );
    world
}

async fn desk(world: &World, who: &Person, page_size: i32) -> ListDeskResponse {
    let asked = who.asks(ListDeskRequest { page_size });
    world
        .gateway()
        .await
        .list_desk(asked)
        .await
        .expect("a desk")
        .into_inner()
}

fn cases(desk: &ListDeskResponse) -> Vec<&str> {
    desk.work
        .iter()
        .filter_map(|work| Some(work.case.as_ref()?.id.as_str()))
        .collect()
}

#[tokio::test]
async fn what_waits_comes_from_every_keeper_the_most_urgent_first() {
    let world = busy().await;
    let desk = desk(&world, &world.clerk(), 0).await;
    assert_eq!(
        cases(&desk),
        ["s1", "r2", "s2", "r3"],
        "without a last day at the end"
    );
    assert_eq!(desk.total, 4);
    let names: Vec<_> = desk.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, KEEPERS);
    assert!(desk.parts.iter().all(|part| part.freshness() == Freshness::Fresh));
}

#[tokio::test]
async fn a_page_holds_the_most_urgent_of_all_keepers_and_the_total_is_of_all() {
    let world = busy().await;
    let desk = desk(&world, &world.clerk(), 2).await;
    assert_eq!((cases(&desk), desk.total), (vec!["s1", "r2"], 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_one_keeper_the_sum_is_of_the_others_and_the_part_is_marked() {
    for mood in [
        Mood::Absent,
        Mood::Failing,
        Mood::Slow,
        Mood::Garbage,
        Mood::Hiding,
    ] {
        let world = busy().await;
        world.services.feel("resource", mood);
        let desk = desk(&world, &world.clerk(), 0).await;
        assert_eq!((cases(&desk), desk.total), (vec!["r2", "r3"], 2), "{mood:?}");
        let states: Vec<_> = desk.parts.iter().map(|part| part.freshness()).collect();
        assert_eq!(
            states,
            [Freshness::Fresh, Freshness::Fresh, Freshness::Missing],
            "{mood:?}"
        );
        world.stop().await;
    }
}

#[tokio::test]
async fn what_a_keeper_said_before_to_this_caller_is_shown_as_stale() {
    let world = busy().await;
    let (clerk, other) = (world.clerk(), world.clerk());
    desk(&world, &clerk, 0).await;
    world.services.feel("rating", Mood::Absent);
    let again = desk(&world, &clerk, 0).await;
    assert_eq!((cases(&again), again.total), (vec!["s1", "r2", "s2", "r3"], 4));
    let states: Vec<_> = again.parts.iter().map(|part| part.freshness()).collect();
    assert_eq!(states, [Freshness::Fresh, Freshness::Stale, Freshness::Fresh]);
    assert_eq!(
        cases(&desk(&world, &other, 0).await),
        ["s1", "s2"],
        "never to another"
    );
}

#[tokio::test]
async fn keepers_are_asked_in_the_name_of_the_caller() {
    let world = busy().await;
    let clerk = world.clerk();
    desk(&world, &clerk, 0).await;
    let asked = world.services.asked("ListWork");
    let services: std::collections::BTreeSet<_> = asked.iter().map(|asked| asked.service).collect();
    assert_eq!(services, KEEPERS.into());
    let callers = asked
        .into_iter()
        .map(|asked| asked.caller.map(|caller| caller.subject));
    assert!(
        callers
            .into_iter()
            .all(|subject| subject.as_ref() == Some(&clerk.id))
    );
}

#[tokio::test]
async fn a_page_that_is_too_large_is_refused() {
    let world = World::start().await;
    let asked = world.clerk().asks(ListDeskRequest { page_size: 501 });
    let refused = world.gateway().await.list_desk(asked).await.expect_err("refused");
    assert_eq!(reason(&refused), "FIELDS_INVALID");
}
