use proto::organization::v1::{FoundRootRequest, Level, organization_service_server::OrganizationService};
use testkit::{
    database::Database,
    stage::{Person, Stage, reason},
};

use crate::world::{Lives, World, external, rpc};

fn request(id: &str) -> FoundRootRequest {
    FoundRootRequest {
        name: "演示县委".into(),
        level: Level::County.into(),
        founded_on: "2000-01-01".into(),
        external_id: Some(external(id)),
        security_subject: kernel::id::PersonId::new().to_string(),
        org_dept_subject: kernel::id::PersonId::new().to_string(),
    }
}

testkit::on_both! {
    async fn the_same_root_is_answered_again_and_a_second_one_refused(database: Database) {
        let world = World::open(&database).await;
        let operator = Person::service("zhibu");
        let again = world.rpc.found_root(operator.asks(request("root"))).await.expect("the same").into_inner();
        assert_eq!(again.organization.map(|o| o.id), Some(world.root.to_string()));
        let other = world.rpc.found_root(operator.asks(request("other"))).await.expect_err("a second root");
        assert_eq!(reason(&other), "ROOT_EXISTS");
        assert_eq!(world.stage.audited("FoundRoot").await, ["done", "unchanged", "ROOT_EXISTS"], "founded once");
    }

    async fn nobody_but_the_operator_s_program_founds_a_root(database: Database) {
        let world = World::open(&database).await;
        for caller in [Person::service("rating"), world.security.clone()] {
            let refused = world.rpc.found_root(caller.asks(request("root"))).await.expect_err("refused");
            assert_eq!(reason(&refused), "SERVICE_ONLY");
        }
    }

    async fn the_first_administrators_are_two_persons(database: Database) {
        let stage = Stage::open(&database, "organization", organization::migrations).await;
        let rpc = rpc(&stage, &Lives::default());
        let mut one = request("root");
        one.org_dept_subject.clone_from(&one.security_subject);
        let refused = rpc.found_root(Person::service("zhibu").asks(one)).await.expect_err("one person");
        assert_eq!(reason(&refused), "ADMINISTRATORS_NOT_SEPARATE", "N-20");
    }

    async fn a_root_is_founded_on_a_day_that_has_come_and_has_a_name(database: Database) {
        let stage = Stage::open(&database, "organization", organization::migrations).await;
        let rpc = rpc(&stage, &Lives::default());
        let ask = |request| rpc.found_root(Person::service("zhibu").asks(request));
        let to_come = FoundRootRequest { founded_on: "2025-06-02".into(), ..request("root") };
        assert_eq!(reason(&ask(to_come).await.expect_err("refused")), "DAY_IN_FUTURE");
        let nameless = FoundRootRequest { name: "  ".into(), ..request("root") };
        assert_eq!(reason(&ask(nameless).await.expect_err("refused")), "FIELDS_INVALID");
    }

    async fn of_two_roots_at_once_one_is_founded(database: Database) {
        let stage = Stage::open(&database, "organization", organization::migrations).await;
        let names: Vec<String> = (0..6).map(|k| format!("root{k}")).collect();
        let rpc = rpc(&stage, &Lives::default());
        let calls = names.iter().map(|name| rpc.found_root(Person::service("zhibu").asks(request(name))));
        let answers = futures::future::join_all(calls).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(["ROOT_EXISTS", "CONCURRENT_CHANGE"].contains(&reason(refused).as_str()), "{refused:?}");
        }
    }
}
