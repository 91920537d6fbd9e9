use kernel::id::PersonId;
use proto::organization::v1::{ResolveCallerRequest, organization_service_server::OrganizationService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::{assign_roles::give, world::World};

testkit::on_both! {
    async fn the_gateway_learns_all_roles_that_hold_today(database: Database) {
        let world = World::with_branches(&database).await;
        let person = PersonId::new();
        give(&world, person, "clerk", world.id("b1").await).await;
        give(&world, person, "secretary", world.id("b1").await).await;
        let asked = ResolveCallerRequest { subject: person.to_string() };
        let answer = world.rpc.resolve_caller(Person::service("gateway").asks(asked.clone())).await.expect("roles");
        let roles: Vec<_> = answer.get_ref().grants.iter().map(|g| g.role.clone()).collect();
        assert_eq!(roles, ["clerk", "secretary"]);
        let refused = world.rpc.resolve_caller(Person::service("rating").asks(asked)).await.expect_err("refused");
        assert_eq!(reason(&refused), "SERVICE_ONLY");
    }
}
