//! `ListWork`: what waits for whom, and that it vanishes with the step (S-211).

use kernel::Role;
use proto::process::v1::{ListWorkRequest, ListWorkResponse, process_service_server::ProcessService};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};
use tonic::Status;

use crate::world::{World, objecting};

async fn listed(world: &World, who: &Person, asked: ListWorkRequest) -> Result<ListWorkResponse, Status> {
    Ok(world.served.list_work(who.asks(asked)).await?.into_inner())
}

const NOTHING: Vec<String> = Vec::new();

testkit::on_both! {
    async fn a_step_waits_for_whoever_may_take_it_with_what_it_needs_and_by_when(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        assert_eq!(world.waiting(&world.reviewer).await, NOTHING, "weeks are left");
        world.turn_to("2025-06-23");
        let work = world.work(&world.reviewer).await;
        let [review] = work.as_slice() else { unreachable!("{work:?}") };
        assert_eq!((review.step.as_str(), review.step_zh.as_str()), ("review", "内容与质量审核"));
        assert_eq!(review.case.as_ref().map(|case| case.id.as_str()), Some(case.id.as_str()));
        assert_eq!((review.last_day.as_str(), review.prompted, review.overdue, review.provisional), ("2025-06-30", true, false, false));
        assert!(review.who.contains(&format!("library@{}", world.county)));
        assert_eq!(review.missing, ["EVIDENCE_MISSING quality_review"]);
        assert_eq!(review.missing_zh, ["缺少材料：审核意见"]);
        assert_eq!(review.norms, ["S-209", "R-215"]);
        assert_eq!(review.case.as_ref().map(|case| case.procedure_zh.as_str()), Some("四库入库"));
    }

    async fn a_prompt_turns_overdue_and_vanishes_with_the_step(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.turn_to("2025-07-20");
        let overdue = |work: Vec<proto::process::v1::Work>| work.iter().map(|one| one.overdue).collect::<Vec<_>>();
        assert_eq!(overdue(world.work(&world.reviewer).await), [true]);
        let reviewed = world.take(&world.reviewer, &case, "review", "quality_review").await;
        assert_eq!(world.waiting(&world.reviewer).await, NOTHING, "admission is not the library's");
        world.turn_to("2025-08-15");
        assert_eq!(world.waiting(&world.org_dept).await, ["admit"]);
        world.take(&world.org_dept, &reviewed, "admit", "admission_batch").await;
        assert_eq!(world.waiting(&world.org_dept).await, NOTHING);
    }

    async fn where_nobody_is_timed_each_step_waits_without_a_last_day(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.take(&world.reviewer, &case, "return_card", "return_reason").await;
        let work = world.work(&world.keeper).await;
        let waiting: Vec<_> = work.iter().map(|one| (one.step.as_str(), one.last_day.as_str())).collect();
        assert_eq!(waiting, [("resubmit", "")]);
    }

    async fn what_he_may_not_see_or_take_does_not_wait_for_him(database: Database) {
        let world = World::open(&database).await;
        world.submitted("material").await;
        let both = Person::with(&[(Role::Library, world.town), (Role::Library, world.county)]);
        world.served.open_case(both.asks(world.opening("material", &new_id()))).await.expect("opened");
        world.turn_to("2025-06-25");
        for nobody in [&world.outsider, &world.clerk, &world.keeper] {
            assert_eq!(world.waiting(nobody).await, NOTHING);
        }
        let elsewhere = Person::with(&[(Role::Library, world.other_town)]);
        assert_eq!(world.waiting(&elsewhere).await, NOTHING);
        assert_eq!(world.waiting(&both).await, ["review"], "not the review of his own");
        assert_eq!(world.waiting(&world.reviewer).await, ["review", "review"]);
    }

    async fn all_that_waits_below_an_organization_is_shown_to_whoever_sees_it(database: Database) {
        let world = World::open(&database).await;
        world.submitted("material").await;
        world.merging().await;
        let below = |top: kernel::id::OrganizationId| ListWorkRequest { organization_id: top.to_string(), ..Default::default() };
        let steps = |answer: ListWorkResponse| answer.work.into_iter().map(|one| one.step).collect::<Vec<_>>();
        let all = listed(&world, &world.org_dept, below(world.county)).await.expect("listed");
        assert_eq!(steps(all), ["consent_side", "review"], "whenever its last day is");
        let branch = listed(&world, &world.org_dept, below(world.branch)).await.expect("listed");
        assert_eq!(steps(branch), ["consent_side"]);
        let hidden = listed(&world, &world.outsider, below(world.town)).await.expect_err("hidden");
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }

    async fn the_most_urgent_comes_first_and_pages_go_on_behind_each_other(database: Database) {
        let world = World::open(&database).await;
        for day in ["2025-06-02", "2025-06-03", "2025-06-04"] {
            world.turn_to(day);
            world.submitted("material").await;
        }
        world.turn_to("2025-07-18");
        let mut asked = ListWorkRequest { page_size: 2, ..Default::default() };
        let (mut days, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let page = listed(&world, &world.reviewer, asked.clone()).await.expect("a page");
            assert_eq!(page.total, 3);
            sizes.push(page.work.len());
            days.extend(page.work.into_iter().map(|one| one.last_day));
            if page.next_page_token.is_empty() {
                break;
            }
            asked.page_token = page.next_page_token;
        }
        assert_eq!(sizes, [2, 1]);
        assert!(days.is_sorted(), "{days:?}");
    }

    async fn a_side_finds_its_consent_though_the_case_lies_elsewhere_and_not_after_it_gave_it_x15(database: Database) {
        let world = World::open(&database).await;
        let case = world.merging().await;
        world.turn_to("2025-06-10");
        let second = Person::with(&[(Role::Secretary, world.other_branch)]);
        assert_eq!(world.waiting(&second).await, ["consent_side"]);
        world.take(&second, &case, "consent_side", "consent_side").await;
        assert!(!world.waiting(&second).await.contains(&"consent_side".to_owned()));
        let first = Person::with(&[(Role::Secretary, world.branch)]);
        assert!(world.waiting(&first).await.contains(&"consent_side".to_owned()));
    }

    async fn an_objection_waits_for_its_answer_and_not_for_who_raised_it(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        world.object(&world.outsider, objecting(&case)).await.expect("taken");
        world.turn_to("2025-06-09");
        let work = world.work(&world.org_dept).await;
        let answer = work.iter().find(|work| work.step == "resource").expect("an answer");
        assert_eq!((answer.step_zh.as_str(), answer.last_day.as_str()), ("答复对拟入库对象的异议", "2025-06-16"));
        assert_eq!(world.waiting(&world.outsider).await, NOTHING);
    }

    async fn of_two_objections_the_earlier_waits_and_not_for_whoever_may_not_answer_it(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        world.object(&world.org_dept, objecting(&case)).await.expect("taken");
        world.object(&world.outsider, objecting(&case)).await.expect("taken");
        world.turn_to("2025-06-09");
        assert_eq!(world.waiting(&world.org_dept).await, NOTHING, "he would be refused: the earlier one is his own");
        let other = Person::with(&[(Role::OrgDept, world.county)]);
        assert_eq!(world.waiting(&other).await, ["resource"]);
        world.rejected(&other, &case).await;
        assert_eq!(world.waiting(&world.org_dept).await, ["resource"], "the outsider's");
    }

    async fn what_the_owner_forbids_waits_for_nobody_and_where_a_clock_runs_it_is_told_why(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.owner.forbid("review");
        world.turn_to("2025-06-25");
        let [review] = &world.work(&world.reviewer).await[..] else { unreachable!("one") };
        assert_eq!(review.missing, ["EVIDENCE_MISSING quality_review", "NO_PLACE_FREE"]);
        assert_eq!(review.missing_zh[1], "名额没有空出。");
        world.take(&world.reviewer, &case, "return_card", "return_reason").await;
        assert_eq!(world.waiting(&world.keeper).await, ["resubmit"]);
        world.owner.forbid("resubmit");
        assert_eq!(world.waiting(&world.keeper).await, NOTHING);
    }

    async fn what_may_not_be_done_yet_and_a_term_that_has_years_to_run_wait_for_nobody(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        let below = || ListWorkRequest { organization_id: world.county.to_string(), ..Default::default() };
        let steps = |answer: ListWorkResponse| answer.work.into_iter().map(|one| one.step).collect::<Vec<_>>();
        let all = async || steps(listed(&world, &world.org_dept, below()).await.expect("listed"));
        assert_eq!(all().await, NOTHING, "the publicity runs");
        world.turn_to("2025-06-10");
        assert_eq!(all().await, ["admit_public"]);
        world.take(&world.org_dept, &case, "admit_public", "admission_batch").await;
        assert_eq!(all().await, NOTHING, "for three years");
        world.turn_to("2028-06-05");
        assert_eq!(all().await, ["renew"]);
    }

    async fn a_resource_is_no_person_who_could_act_in_the_case_about_himself(database: Database) {
        let world = World::open(&database).await;
        let trainer = Person::with(&[]);
        let opening = world.opening("trainer", &trainer.id.to_string());
        world.served.open_case(world.keeper.asks(opening)).await.expect("opened");
        assert_eq!(world.waiting(&trainer).await, NOTHING);
    }

    async fn a_token_that_was_not_made_here_is_refused(database: Database) {
        let world = World::open(&database).await;
        let asked = ListWorkRequest { page_token: "AAAA".into(), ..Default::default() };
        let refused = listed(&world, &world.reviewer, asked).await.expect_err("made up");
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }
}
