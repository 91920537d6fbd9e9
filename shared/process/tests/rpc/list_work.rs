//! `ListWork`: what waits for whom, and that it vanishes with the step (S-211).

use proto::process::v1::{ListWorkRequest, ListWorkResponse, process_service_server::ProcessService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::world::World;

async fn work(world: &World, who: &Person, page_size: i32, page_token: &str) -> ListWorkResponse {
    let request = ListWorkRequest {
        page_size,
        page_token: page_token.into(),
        ..Default::default()
    };
    let answer = world.served.list_work(who.asks(request)).await;
    answer.expect("listed").into_inner()
}

async fn steps(world: &World, who: &Person) -> Vec<String> {
    let work = work(world, who, 0, "").await.work;
    work.into_iter().map(|one| one.step).collect()
}

testkit::on_both! {
    async fn a_step_waits_for_whoever_may_take_it_with_what_it_needs_and_by_when(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        assert_eq!(steps(&world, &world.reviewer).await, Vec::<String>::new(), "weeks are left");
        world.turn_to("2025-06-25");
        let listed = work(&world, &world.reviewer, 0, "").await;
        let [one] = listed.work.as_slice() else { unreachable!("{listed:?}") };
        assert_eq!((one.step.as_str(), one.step_zh.as_str(), listed.total), ("review", "内容与质量审核", 1));
        assert_eq!(one.case.as_ref().map(|seen| &seen.id), Some(&case.id));
        assert_eq!(one.missing, ["EVIDENCE_MISSING quality_review"]);
        assert!(one.missing_zh[0].ends_with("审核意见") || one.missing_zh[0].contains('：'), "{:?}", one.missing_zh);
        assert_eq!((one.last_day.as_str(), one.overdue, one.provisional), ("2025-06-30", false, false));
        assert!(one.who.contains(&format!("library@{}", world.county)), "{:?}", one.who);
        assert_eq!(steps(&world, &world.keeper).await, Vec::<String>::new(), "who submitted may not review");
        assert_eq!(steps(&world, &world.outsider).await, Vec::<String>::new(), "another town's branch");
    }

    async fn a_prompt_comes_before_the_last_day_turns_overdue_and_vanishes_with_the_step(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.turn_to("2025-07-20");
        let listed = work(&world, &world.reviewer, 0, "").await;
        assert_eq!(listed.work.iter().map(|one| one.overdue).collect::<Vec<_>>(), [true]);
        let reviewed = world.take(&world.reviewer, &case, "review", "quality_review").await;
        assert_eq!(steps(&world, &world.reviewer).await, Vec::<String>::new(), "admission is not the library's");
        world.turn_to("2025-08-15");
        assert_eq!(steps(&world, &world.org_dept).await, ["admit"]);
        world.take(&world.org_dept, &reviewed, "admit", "admission_batch").await;
        assert_eq!(steps(&world, &world.org_dept).await, Vec::<String>::new());
    }

    async fn all_that_waits_below_an_organization_is_shown_to_whoever_sees_it(database: Database) {
        let world = World::open(&database).await;
        world.submitted("material").await;
        let below = |top: String| ListWorkRequest { organization_id: top, ..Default::default() };
        let asked = world.org_dept.asks(below(world.town.to_string()));
        let shown = world.served.list_work(asked).await.expect("listed").into_inner();
        assert_eq!(shown.work.iter().map(|one| one.step.as_str()).collect::<Vec<_>>(), ["review"]);
        let hidden = world.served.list_work(world.outsider.asks(below(world.town.to_string()))).await;
        assert_eq!(reason(&hidden.expect_err("hidden")), "NOT_FOUND");
    }

    async fn an_objection_waits_for_its_answer(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        crate::object::raise(&world, &world.outsider, &case).await;
        world.turn_to("2025-06-09");
        let waiting = work(&world, &world.org_dept, 0, "").await.work;
        assert!(waiting.iter().any(|one| one.step == "resource"), "{waiting:?}");
        let waiting = steps(&world, &world.outsider).await;
        assert_eq!(waiting, Vec::<String>::new(), "who raised it does not answer it");
    }

    async fn pages_follow_each_other_the_most_urgent_first(database: Database) {
        let world = World::open(&database).await;
        for day in ["2025-06-02", "2025-06-03", "2025-06-04"] {
            world.turn_to(day);
            world.submitted("material").await;
        }
        world.turn_to("2025-07-18");
        let first = work(&world, &world.reviewer, 2, "").await;
        let second = work(&world, &world.reviewer, 2, &first.next_page_token).await;
        let days: Vec<String> = first.work.into_iter().chain(second.work).map(|one| one.last_day).collect();
        assert!(days.len() == 3 && days.is_sorted(), "{days:?}");
        assert_eq!((first.total, second.next_page_token.as_str()), (3, ""));
        let foreign = ListWorkRequest { page_size: 2, page_token: "AAAA".into(), ..Default::default() };
        let refused = world.served.list_work(world.reviewer.asks(foreign)).await.expect_err("made up");
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }
}
