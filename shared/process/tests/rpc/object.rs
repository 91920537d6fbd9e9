//! `Object`: who may, until when, and what he learns.

use kernel::Role;
use proto::process::v1::{Case, ObjectRequest};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason, told},
};

use crate::world::{World, objecting, taking};

testkit::on_both! {
    async fn whoever_has_nothing_to_do_with_a_public_case_may_object_and_sees_its_public_fields_n_26(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        let seen = world.object(&world.outsider, objecting(&case)).await.expect("taken");
        let public = Case {
            id: case.id.clone(),
            procedure: "resource_admission".into(),
            procedure_zh: "四库入库".into(),
            organization_id: world.town.to_string(),
            state: "public".into(),
            state_zh: "公示中".into(),
            ..Default::default()
        };
        assert_eq!(seen, public);
        let whole = world.seen(&world.reviewer, &case).await.expect("a case");
        let entry = whole.entries.last().expect("an entry");
        assert_eq!((entry.kind.as_str(), entry.what.as_str()), ("objection", "resource"));
        assert_eq!(entry.person_id, world.outsider.id.to_string());
    }

    async fn a_case_that_was_never_public_is_absent_for_whoever_has_nothing_to_do_with_it(database: Database) {
        let world = World::open(&database).await;
        let hidden = objecting(&world.submitted("trainer").await);
        let absent = ObjectRequest { case_id: new_id(), ..objecting(&Case::default()) };
        let hidden = world.object(&world.outsider, hidden).await.expect_err("hidden");
        let absent = world.object(&world.outsider, absent).await.expect_err("absent");
        assert_eq!((hidden.code(), hidden.message(), hidden.details()), (absent.code(), absent.message(), absent.details()));
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }

    async fn an_objection_that_the_procedure_does_not_know_makes_a_public_case_absent_too(database: Database) {
        let world = World::open(&database).await;
        let wrong = ObjectRequest { objection: "county".into(), ..objecting(&world.public().await) };
        let refused = world.object(&world.outsider, wrong).await.expect_err("unknown");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }

    async fn a_case_that_is_public_no_more_is_absent_for_whoever_has_nothing_to_do_with_it(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        world.turn_to("2025-06-10");
        world.take(&world.org_dept, &case, "admit_public", "admission_batch").await;
        let refused = world.object(&world.outsider, objecting(&case)).await.expect_err("public no more");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }

    async fn a_case_is_looked_up_as_long_whether_it_is_hidden_or_absent(database: Database) {
        let world = World::open(&database).await;
        let hidden = world.submitted("trainer").await;
        let absent = Case { id: new_id(), ..Case::default() };
        // Whoever asks for what cannot be read stumbles over it.
        database.meddle(&world.stage.store, "ALTER TABLE process_entry RENAME TO process_entry_away").await;
        for case in [hidden, absent] {
            for refused in [
                world.object(&world.outsider, objecting(&case)).await.map(drop),
                world.seen(&world.outsider, &case).await.map(drop),
            ] {
                assert_eq!(reason(&refused.expect_err("its entries are asked for")), "INTERNAL");
            }
        }
    }

    async fn an_objection_on_other_grounds_is_taken_and_from_outside_three_wait_at_a_time(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        for grounds in ["业绩不实", "证书过期", "群众有意见"] {
            let request = ObjectRequest { grounds: grounds.into(), ..objecting(&case) };
            world.object(&world.outsider, request).await.expect("taken");
        }
        let fourth = world.object(&world.outsider, objecting(&case)).await.expect_err("three wait");
        assert_eq!((reason(&fourth).as_str(), fourth.code()), ("OBJECTION_PENDING", tonic::Code::FailedPrecondition));
        assert!(fourth.message().contains("待答复"), "{}", fourth.message());
        let other = Person::with(&[(Role::Clerk, world.other_branch)]);
        world.object(&other, objecting(&case)).await.expect("somebody else may");
        world.rejected(&world.org_dept, &case).await;
        world.object(&world.outsider, objecting(&case)).await.expect("one was answered");
    }

    async fn a_clerk_of_the_case_enters_every_letter_that_came_in_and_the_case_is_held_until_all_are_answered(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        let clerk = Person::with(&[(Role::Clerk, world.town)]);
        for letter in 0..5 {
            let request = ObjectRequest { grounds: format!("第 {letter} 封来信"), ..objecting(&case) };
            world.object(&clerk, request).await.expect("in time, so it is taken");
        }
        world.turn_to("2025-06-20");
        for _ in 0..5 {
            let now = world.seen(&world.org_dept, &case).await.expect("a case").case.expect("a case");
            let held = world.attempt(&world.org_dept, taking(&now, "admit_public", &["admission_batch"])).await;
            assert_eq!(reason(&held.expect_err("not all are answered")), "OBJECTION_OPEN");
            world.rejected(&world.org_dept, &case).await;
        }
        let now = world.seen(&world.org_dept, &case).await.expect("a case").case.expect("a case");
        world.take(&world.org_dept, &now, "admit_public", "admission_batch").await;
    }

    async fn of_many_objections_that_one_person_raises_at_once_no_more_go_in_than_may_wait(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        let calls = (0..8).map(|_| world.object(&world.outsider, objecting(&case)));
        let answers = futures::future::join_all(calls).await;
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!((1..=3).contains(&taken), "{taken}");
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(["OBJECTION_PENDING", "CASE_CHANGED"].contains(&reason(refused).as_str()), "{refused:?}");
            assert_eq!(told(refused), [].into());
        }
        let whole = world.seen(&world.reviewer, &case).await.expect("a case");
        assert_eq!(whole.entries.iter().filter(|entry| entry.kind == "objection").count(), taken);
    }

    async fn an_objection_from_outside_is_raised_today(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        world.turn_to("2025-06-10");
        let backdated = ObjectRequest { on: "2025-06-05".into(), ..objecting(&case) };
        let refused = world.object(&world.outsider, backdated.clone()).await.expect_err("the window is over");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
        let inside = world.object(&Person::with(&[(Role::Clerk, world.town)]), backdated).await;
        inside.expect("whoever keeps the case enters what came in on paper");
    }

    async fn an_outsider_may_object_and_nothing_else(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        let step = world.attempt(&world.outsider, taking(&case, "admit_public", &["admission_batch"])).await;
        assert_eq!(reason(&step.expect_err("a step")), "NOT_FOUND");
        assert_eq!(reason(&world.seen(&world.outsider, &case).await.expect_err("a look")), "NOT_FOUND");
    }

    async fn an_objection_holds_the_case_until_it_is_answered(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        world.object(&world.outsider, objecting(&case)).await.expect("taken");
        world.turn_to("2025-06-20");
        let now = world.seen(&world.org_dept, &case).await.expect("a case").case.expect("a case");
        let held = world.attempt(&world.org_dept, taking(&now, "admit_public", &["admission_batch"])).await;
        assert_eq!(reason(&held.expect_err("held")), "OBJECTION_OPEN");
    }

    async fn the_window_closes_after_its_last_day_and_the_refusal_says_no_more_than_that(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        // Sunday 1 June 2025, with Monday a holiday: five working days end on Monday the 9th.
        world.turn_to("2025-06-09");
        world.object(&world.outsider, objecting(&case)).await.expect("on the last day");
        world.turn_to("2025-06-10");
        let other = Person::with(&[(Role::Clerk, world.other_branch)]);
        let closed = world.object(&other, objecting(&case)).await.expect_err("closed");
        assert_eq!(reason(&closed), "OBJECTION_CLOSED");
        assert_eq!(told(&closed), [].into());
    }

    async fn an_objection_sent_again_is_one_objection(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        let request = objecting(&case);
        let first = world.object(&world.outsider, request.clone()).await.expect("taken");
        assert_eq!(world.object(&world.outsider, request.clone()).await.expect("answered"), first);
        let other = ObjectRequest { grounds: "另一理由".into(), ..request };
        assert_eq!(reason(&world.object(&world.outsider, other).await.expect_err("reused")), "KEY_REUSED");
        let whole = world.seen(&world.reviewer, &case).await.expect("a case");
        assert_eq!(whole.entries.iter().filter(|entry| entry.kind == "objection").count(), 1);
    }

    async fn a_refused_objection_is_audited_and_one_that_was_taken_too(database: Database) {
        let world = World::open(&database).await;
        world.object(&world.outsider, objecting(&world.submitted("trainer").await)).await.expect_err("hidden");
        world.object(&world.outsider, objecting(&world.public().await)).await.expect("taken");
        assert_eq!(world.audited("Object").await, ["NOT_FOUND", "done"]);
    }

    async fn whoever_is_inside_is_told_that_nothing_is_open_to_objection(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("trainer").await;
        let clerk = Person::with(&[(Role::Clerk, world.town)]);
        let early = world.object(&clerk, objecting(&case)).await.expect_err("not public");
        assert_eq!(reason(&early), "OBJECTION_NOT_OPEN");
    }
}
