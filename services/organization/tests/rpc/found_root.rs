use proto::organization::v1::{FoundRootRequest, Level, organization_service_server::OrganizationService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::world::{World, external};

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
    }

    async fn nobody_but_the_operator_s_program_founds_a_root(database: Database) {
        let world = World::open(&database).await;
        for caller in [Person::service("rating"), world.security.clone()] {
            let refused = world.rpc.found_root(caller.asks(request("root"))).await.expect_err("refused");
            assert_eq!(reason(&refused), "SERVICE_ONLY");
        }
    }
}
