use kernel::Role;
use proto::organization::v1::{ResolveExternalIdsRequest, organization_service_server::OrganizationService};
use testkit::{database::Database, stage::Person};

use crate::world::{World, external};

testkit::on_both! {
    async fn unknown_and_foreign_ids_are_left_out_alike(database: Database) {
        let world = World::with_branches(&database).await;
        let ids = ["b1", "b2", "none"].map(external).to_vec();
        let asked = ResolveExternalIdsRequest { external_ids: ids };
        let all = world.rpc.resolve_external_ids(world.org_dept.asks(asked.clone())).await.expect("an answer");
        assert_eq!(all.into_inner().resolved.len(), 2);
        let clerk = Person::with(&[(Role::Clerk, world.id("b1").await)]);
        let own = world.rpc.resolve_external_ids(clerk.asks(asked)).await.expect("an answer").into_inner();
        assert_eq!(own.resolved.len(), 1);
        assert_eq!(own.resolved[0].external_id, Some(external("b1")));
    }
}
