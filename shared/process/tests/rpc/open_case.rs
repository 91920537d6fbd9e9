//! `OpenCase`.

use kernel::{Role, id::OrganizationId};
use process::engine::Value;
use proto::process::v1::{Case, OpenCaseRequest, process_service_server::ProcessService};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason, told},
};
use tonic::Status;

use crate::world::{World, evidence};

async fn open(world: &World, who: &Person, request: OpenCaseRequest) -> Result<Case, Status> {
    let answer = world.served.open_case(who.asks(request)).await?;
    Ok(answer.into_inner().case.expect("a case"))
}

testkit::on_both! {
    async fn a_case_is_opened_in_the_state_of_its_opening_step_and_its_effect_happens(database: Database) {
        let world = World::open(&database).await;
        let subject = new_id();
        let case = open(&world, &world.keeper, world.opening("material", &subject)).await.expect("opened");
        assert_eq!((case.state.as_str(), case.state_zh.as_str(), case.revision), ("submitted", "已申报", 1));
        assert_eq!((case.subject_id, case.organization_id), (subject, world.town.to_string()));
        assert_eq!((case.version.as_str(), case.last_on.as_str(), case.end.as_str()), ("2022", "2025-06-01", ""));
        assert_eq!(world.owner.steps(), ["submit"]);
    }

    async fn a_subject_has_one_open_case_however_many_open_it_at_once(database: Database) {
        let world = World::open(&database).await;
        let subject = new_id();
        let calls = (0..6).map(|_| open(&world, &world.keeper, world.opening("material", &subject)));
        let answers = futures::future::join_all(calls).await;
        let landed: Vec<&Case> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(landed.len(), 1);
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!((reason(refused), told(refused).get("case_id")), ("ONE_OPEN_CASE".to_owned(), Some(&landed[0].id)));
        }
    }

    async fn a_closed_case_leaves_room_for_another(database: Database) {
        let world = World::open(&database).await;
        let subject = new_id();
        let case = open(&world, &world.keeper, world.opening("material", &subject)).await.expect("opened");
        world.take(&world.org_dept, &case, "refuse", "return_reason").await;
        open(&world, &world.keeper, world.opening("material", &subject)).await.expect("opened again");
    }

    async fn sent_again_it_is_the_same_case_and_with_another_body_it_is_refused(database: Database) {
        let world = World::open(&database).await;
        let request = world.opening("material", &new_id());
        let first = open(&world, &world.keeper, request.clone()).await.expect("opened");
        assert_eq!(open(&world, &world.keeper, request.clone()).await.expect("answered"), first);
        let other = OpenCaseRequest { subject_id: new_id(), ..request };
        assert_eq!(reason(&open(&world, &world.keeper, other).await.expect_err("reused")), "KEY_REUSED");
    }

    async fn evidence_of_the_wrong_type_unknown_or_missing_is_named(database: Database) {
        let world = World::open(&database).await;
        let mut wrong = world.opening("material", &new_id());
        wrong.evidence.push(evidence("no_such_evidence"));
        let refused = open(&world, &world.keeper, wrong).await.expect_err("unknown");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
        let mut less = world.opening("material", &new_id());
        less.evidence.clear();
        let refused = open(&world, &world.keeper, less).await.expect_err("missing");
        assert_eq!(reason(&refused), "EVIDENCE_MISSING");
        assert_eq!(told(&refused).get("items").map(String::as_str), Some("resource_card,rights_statement"));
    }

    async fn a_condition_on_a_fact_of_the_owner_is_judged(database: Database) {
        let world = World::open(&database).await;
        world.owner.say("course_complete", Value::Flag(false));
        let mut course = world.opening("course", &new_id());
        course.evidence = vec![evidence("resource_card"), evidence("course_outline")];
        let refused = open(&world, &world.keeper, course).await.expect_err("not complete");
        assert_eq!(reason(&refused), "COURSE_INCOMPLETE");
    }

    async fn an_organization_outside_the_callers_range_is_absent(database: Database) {
        let world = World::open(&database).await;
        let hidden = open(&world, &world.outsider, world.opening("material", &new_id())).await.expect_err("hidden");
        let nowhere = OpenCaseRequest {
            organization_id: OrganizationId::new().to_string(),
            ..world.opening("material", &new_id())
        };
        let absent = open(&world, &world.outsider, nowhere).await.expect_err("absent");
        assert_eq!((hidden.code(), hidden.message(), reason(&hidden)), (absent.code(), absent.message(), reason(&absent)));
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }

    async fn a_subject_of_somebody_else_is_absent_whoever_asks(database: Database) {
        let world = World::open(&database).await;
        let subject = new_id();
        world.owner.give_away(&subject);
        for who in [&world.keeper, &world.reviewer, &world.clerk, &Person::with(&[(Role::Inspector, world.town)])] {
            let hidden = open(&world, who, world.opening("material", &subject)).await.expect_err("hidden");
            assert_eq!(reason(&hidden), "NOT_FOUND");
        }
        assert_eq!(world.owner.steps(), [""; 0], "no effect happened");
    }

    async fn a_procedure_or_step_that_is_not_kept_here_and_a_day_to_come_are_refused(database: Database) {
        let world = World::open(&database).await;
        let change = |change: fn(&mut OpenCaseRequest)| {
            let mut request = world.opening("material", &new_id());
            change(&mut request);
            request
        };
        for (request, code) in [
            (change(|request| request.procedure = "election".into()), "PROCEDURE_UNKNOWN"),
            (change(|request| request.step = "nothing".into()), "STEP_UNKNOWN"),
            (change(|request| request.step = "review".into()), "STEP_NOT_LEGAL"),
            (change(|request| request.on = "2025-06-02".into()), "FIELDS_INVALID"),
            (change(|request| request.on = "2021-12-31".into()), "NO_RULE_VERSION"),
        ] {
            assert_eq!(reason(&open(&world, &world.keeper, request).await.expect_err(code)), code);
        }
    }

    async fn anchors_name_the_organizations_that_the_procedure_has_and_no_others(database: Database) {
        let world = World::open(&database).await;
        let case = world.merging().await;
        let sides = [("side1", world.branch), ("side2", world.other_branch)];
        assert_eq!(case.anchors, sides.map(|(key, id)| (key.to_owned(), id.to_string())).into());
        for (key, id) in [("target", "x".to_owned()), ("above", world.county.to_string())] {
            let mut request = world.merge();
            request.anchors.insert(key.into(), id);
            let refused = open(&world, &world.clerk, request).await.expect_err(key);
            assert_eq!(reason(&refused), "FIELDS_INVALID", "{key}");
        }
        let mut request = world.opening("material", &new_id());
        request.anchors.insert("target".into(), world.other_branch.to_string());
        let refused = open(&world, &world.keeper, request).await.expect_err("no such anchor");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
    }

    async fn who_holds_no_right_is_told_so(database: Database) {
        let world = World::open(&database).await;
        let inspector = Person::with(&[(Role::Inspector, world.town)]);
        let refused = open(&world, &inspector, world.opening("material", &new_id())).await.expect_err("no right");
        assert_eq!(reason(&refused), "ROLE_NOT_ENTITLED");
    }
}
