use kernel::id::PersonId;
use proto::organization::v1::{
    ResolveCallerRequest, RevokeRoleRequest, organization_service_server::OrganizationService,
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};

use crate::{assign_roles::give, world::World};

testkit::on_both! {
    async fn a_revoked_role_holds_no_more_and_raises_the_epoch(database: Database) {
        let world = World::with_branches(&database).await;
        let person = PersonId::new();
        let given = give(&world, person, "clerk", world.id("b1").await).await;
        for _ in 0..2 {
            let revoke = RevokeRoleRequest { grant_id: given.grant_ids[0].clone(), request_id: new_id() };
            let revoked = world.rpc.revoke_role(world.security.asks(revoke)).await.expect("revoked");
            assert_eq!(revoked.into_inner().until, "2025-05-31", "yesterday was its last day");
        }
        assert_eq!(world.stage.audited("RevokeRole").await, ["done", "unchanged"], "taken away once");
        let asked = ResolveCallerRequest { subject: person.to_string() };
        let now = world.rpc.resolve_caller(Person::service("gateway").asks(asked)).await.expect("an answer");
        assert_eq!((now.get_ref().grants.len(), now.get_ref().epoch), (0, 2));
    }

    async fn a_role_that_does_not_exist_is_not_found(database: Database) {
        let world = World::open(&database).await;
        let revoke = RevokeRoleRequest { grant_id: new_id(), request_id: new_id() };
        let refused = world.rpc.revoke_role(world.security.asks(revoke)).await.expect_err("refused");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
