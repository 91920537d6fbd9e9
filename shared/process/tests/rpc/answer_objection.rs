//! `AnswerObjection`.

use kernel::Role;
use proto::process::v1::Case;
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::world::{World, answering, objecting, taking};

/// A case with an open objection, as the decider sees it.
async fn objected(world: &World) -> Case {
    let case = world.public().await;
    world
        .object(&world.outsider, objecting(&case))
        .await
        .expect("taken");
    world
        .seen(&world.org_dept, &case)
        .await
        .expect("a case")
        .case
        .expect("a case")
}

testkit::on_both! {
    async fn an_objection_that_is_right_sends_the_case_back_and_one_that_is_not_lets_it_go_on(database: Database) {
        let world = World::open(&database).await;
        let returned = objected(&world).await;
        let returned = world.answer(&world.org_dept, answering(&returned, true)).await.expect("answered");
        assert_eq!(returned.state, "returned");
        let kept = objected(&world).await;
        let kept = world.answer(&world.org_dept, answering(&kept, false)).await.expect("answered");
        assert_eq!(kept.state, "public");
        world.turn_to("2025-06-20");
        let admitted = world.take(&world.org_dept, &kept, "admit_public", "admission_batch").await;
        assert_eq!(admitted.state, "admitted");
    }

    async fn there_must_be_one(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        let refused = world.answer(&world.org_dept, answering(&case, false)).await.expect_err("none");
        assert_eq!(reason(&refused), "OBJECTION_UNKNOWN");
    }

    async fn whoever_raised_it_or_took_what_it_is_about_does_not_answer_it(database: Database) {
        let world = World::open(&database).await;
        let reviewer = Person::known(world.reviewer.id, &[(Role::OrgDept, world.county)]);
        let case = objected(&world).await;
        let refused = world.answer(&reviewer, answering(&case, false)).await.expect_err("his review");
        assert_eq!(reason(&refused), "SAME_PERSON");
        let refused = world.answer(&world.keeper, answering(&case, false)).await.expect_err("no decider");
        assert_eq!(reason(&refused), "ROLE_NOT_ENTITLED");
        let refused = world.answer(&world.outsider, answering(&case, false)).await.expect_err("outside");
        assert_eq!(reason(&refused), "NOT_FOUND");
        let case = world.public().await;
        world.object(&world.org_dept, objecting(&case)).await.expect("taken");
        let case = world.seen(&world.org_dept, &case).await.expect("a case").case.expect("a case");
        let refused = world.answer(&world.org_dept, answering(&case, false)).await.expect_err("his own");
        assert_eq!(reason(&refused), "SAME_PERSON");
    }

    async fn of_two_answers_one_lands_and_sent_again_it_is_one(database: Database) {
        let world = World::open(&database).await;
        let case = objected(&world).await;
        let requests = [answering(&case, true), answering(&case, false)];
        let calls = requests.clone().map(|request| world.answer(&world.org_dept, request));
        let answers = futures::future::join_all(calls).await;
        let landed: Vec<_> = answers.iter().zip(requests).filter(|(answer, _)| answer.is_ok()).collect();
        assert_eq!(landed.len(), 1);
        let refused = answers.iter().find_map(|answer| answer.as_ref().err()).expect("one is refused");
        assert!(["CASE_CHANGED", "OBJECTION_UNKNOWN"].contains(&reason(refused).as_str()));
        let (first, request) = landed[0].clone();
        let again = world.answer(&world.org_dept, request).await.expect("answered");
        assert_eq!(first.as_ref().ok(), Some(&again));
    }

    async fn an_unanswered_objection_is_a_finding_after_ten_working_days(database: Database) {
        let world = World::open(&database).await;
        let case = objected(&world).await;
        // Monday 2 June is a holiday: ten working days from the 1st end on Monday the 16th.
        world.turn_to("2025-06-17");
        let refused = world.attempt(&world.org_dept, taking(&case, "admit_public", &["admission_batch"])).await;
        assert_eq!(reason(&refused.expect_err("held")), "OBJECTION_OPEN");
        let whole = world.seen(&world.org_dept, &case).await.expect("a case");
        let late = whole.entries.last().expect("an entry");
        assert_eq!((late.kind.as_str(), late.findings.clone()), ("late", vec!["OBJECTION_UNANSWERED".to_owned()]));
    }
}
