//! `TakeStep`.

use kernel::Role;
use process::engine::Value;
use proto::process::v1::{Case, TakeStepRequest, process_service_server::ProcessService};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason, told},
};

use crate::world::{World, sm3, taking};

fn review(case: &Case) -> TakeStepRequest {
    taking(case, "review", &["quality_review"])
}

testkit::on_both! {
    async fn of_two_deciders_on_one_revision_exactly_one_lands_and_the_others_learn_the_new_state(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let calls = (0..8).map(|k| match k % 2 {
            0 => world.attempt(&world.reviewer, review(&case)),
            _ => world.attempt(&world.reviewer, taking(&case, "return_card", &["return_reason"])),
        });
        let answers = futures::future::join_all(calls).await;
        let landed: Vec<&Case> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(landed.len(), 1);
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(reason(refused), "CASE_CHANGED");
            let now = [("revision", "2"), ("state", landed[0].state.as_str())];
            assert_eq!(told(refused), now.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        }
        assert_eq!(world.owner.steps().len(), 2, "the effect happened once");
    }

    async fn sent_again_it_gets_the_same_answer_and_with_another_body_it_is_refused(database: Database) {
        let world = World::open(&database).await;
        let step = review(&world.submitted("material").await);
        let first = world.attempt(&world.reviewer, step.clone()).await.expect("taken");
        assert_eq!(world.attempt(&world.reviewer, step.clone()).await.expect("answered"), first);
        assert_eq!(first.state, "reviewed");
        let other = TakeStepRequest { step: "return_card".into(), ..step };
        assert_eq!(reason(&world.attempt(&world.reviewer, other).await.expect_err("reused")), "KEY_REUSED");
        assert_eq!(world.owner.steps(), ["submit", "review"]);
    }

    async fn who_may_not_is_refused_by_the_procedure_and_who_may_not_see_finds_nothing(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let own = world.attempt(&world.keeper, review(&case)).await.expect_err("its own library");
        assert_eq!(reason(&own), "ORG_NOT_ENTITLED");
        let clerk = Person::with(&[(Role::Clerk, world.county)]);
        assert_eq!(reason(&world.attempt(&clerk, review(&case)).await.expect_err("another role")), "ROLE_NOT_ENTITLED");
        let hidden = world.attempt(&world.outsider, review(&case)).await.expect_err("hidden");
        let absent = review(&Case { id: new_id(), ..case });
        let absent = world.attempt(&world.outsider, absent).await.expect_err("absent");
        assert_eq!((hidden.code(), hidden.message(), hidden.details()), (absent.code(), absent.message(), absent.details()));
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }

    async fn a_fact_that_changed_since_it_was_asked_decides_as_the_unit_of_work_reads_it(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.owner.change_meanwhile("content_cleared", Value::Flag(false));
        let refused = world.attempt(&world.reviewer, review(&case)).await.expect_err("cleared no more");
        assert_eq!(reason(&refused), "CONTENT_NOT_CLEARED");
        world.owner.change_meanwhile("content_cleared", Value::Flag(true));
        assert_eq!(world.attempt(&world.reviewer, review(&case)).await.expect("taken").state, "reviewed");
    }

    async fn two_people_are_two_people_whatever_they_hold(database: Database) {
        let world = World::open(&database).await;
        let both = Person::with(&[(Role::Library, world.town), (Role::Library, world.county)]);
        let opened = world.served.open_case(both.asks(world.opening("material", &new_id()))).await.expect("opened");
        let case = opened.into_inner().case.expect("a case");
        assert_eq!(reason(&world.attempt(&both, review(&case)).await.expect_err("himself")), "SAME_PERSON");
    }

    async fn the_organization_in_whose_name_it_is_taken_can_be_said(database: Database) {
        let world = World::open(&database).await;
        let both = Person::with(&[(Role::Library, world.town), (Role::Library, world.county)]);
        let case = world.submitted("material").await;
        let named = |id: String| TakeStepRequest { as_organization_id: id, ..review(&case) };
        let wrong = world.attempt(&both, named(world.town.to_string())).await.expect_err("not above");
        assert_eq!(reason(&wrong), "ORG_NOT_ENTITLED");
        world.attempt(&both, named(world.county.to_string())).await.expect("taken");
        let whole = world.seen(&both, &case).await.expect("a case");
        assert_eq!(whole.entries[1].right, format!("library@{}", world.county));
    }

    async fn the_approver_approves_what_he_saw_x11(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let seen = world.bound(&world.reviewer, "review").await;
        let saw = |hash: &str, case: &Case| TakeStepRequest { saw: hash.into(), ..review(case) };
        let edited = world.edit(&world.keeper, &case, "resource_card", "sm3:1111").await.expect("edited");
        let now = edited.case.expect("a case");
        let changed = world.attempt(&world.reviewer, saw(&seen, &now)).await.expect_err("changed");
        assert_eq!(reason(&changed), "CONTENT_CHANGED");
        assert_eq!(told(&changed).get("items").map(String::as_str), Some("resource_card"));
        let again = world.bound(&world.reviewer, "review").await;
        assert_ne!(again, seen);
        let whole = world.seen(&world.reviewer, &case).await.expect("a case");
        let card = whole.contents.iter().find(|content| content.item == "resource_card").expect("a card");
        assert_eq!(again, sm3(&format!("resource_card {}\n", card.hash)), "as the contract says");
        world.attempt(&world.reviewer, saw(&again.to_uppercase(), &now)).await.expect("approved");
    }

    async fn days_go_forward(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let on = |day: &str| TakeStepRequest { on: day.into(), ..review(&case) };
        assert_eq!(reason(&world.attempt(&world.reviewer, on("2025-05-31")).await.expect_err("before")), "DATE_BACKWARD");
        assert_eq!(reason(&world.attempt(&world.reviewer, on("2025-06-02")).await.expect_err("to come")), "FIELDS_INVALID");
    }

    async fn a_refused_step_changes_nothing_and_is_audited(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.attempt(&world.keeper, review(&case)).await.expect_err("its own library");
        world.attempt(&world.outsider, review(&case)).await.expect_err("hidden");
        assert_eq!(world.seen(&world.keeper, &case).await.expect("a case").entries.len(), 1);
        let results = world.audited("TakeStep").await;
        assert_eq!(results, ["ORG_NOT_ENTITLED", "NOT_FOUND"]);
    }

    async fn a_condition_that_does_not_hold_refuses_by_its_own_code_and_nothing_is_told(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.owner.say("content_cleared", Value::Flag(false));
        let refused = world.attempt(&world.reviewer, taking(&case, "review", &["quality_review"])).await;
        let status = refused.expect_err("not cleared");
        assert_eq!((status.code(), reason(&status).as_str()), (tonic::Code::FailedPrecondition, "CONTENT_NOT_CLEARED"));
        assert_eq!(world.owner.steps(), ["submit"]);
    }

    async fn what_fell_due_is_recorded_once_however_often_somebody_tries(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.turn_to("2025-08-01");
        for _ in 0..3 {
            let refused = world.attempt(&world.reviewer, taking(&case, "review", &[])).await;
            assert_eq!(reason(&refused.expect_err("nothing given")), "EVIDENCE_MISSING");
        }
        assert_eq!(world.owner.late(), 1);
        let seen = world.seen(&world.keeper, &case).await.expect("seen");
        let late: Vec<_> = seen.entries.iter().filter(|entry| entry.kind == "late").collect();
        assert_eq!(late.len(), 1);
        assert_eq!(late[0].findings, ["RESOURCE_REVIEW_LATE"]);
    }
}
