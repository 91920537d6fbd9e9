use kernel::Role;
use proto::organization::v1::{GetOrganizationRequest, organization_service_server::OrganizationService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::world::World;

fn request(id: impl ToString, as_of: &str) -> GetOrganizationRequest {
    GetOrganizationRequest {
        organization_id: id.to_string(),
        as_of: as_of.into(),
    }
}

testkit::on_both! {
    async fn it_is_read_as_it_was_on_the_date(database: Database) {
        let world = World::with_branches(&database).await;
        let branch = world.id("b1").await;
        let now = world.rpc.get_organization(world.org_dept.asks(request(branch, ""))).await.expect("read");
        let now = now.into_inner().organization.expect("an organization");
        assert_eq!((now.name.as_str(), now.path.len(), now.external_ids.len()), ("组织b1", 3, 1));
        let before = world.rpc.get_organization(world.org_dept.asks(request(branch, "2004-12-31"))).await;
        assert_eq!(reason(&before.expect_err("not founded yet")), "NOT_FOUND");
    }

    async fn a_branch_s_clerk_sees_his_branch_and_neither_its_sibling_nor_its_parent(database: Database) {
        let world = World::with_branches(&database).await;
        let (own, sibling, parent) = (world.id("b1").await, world.id("b2").await, world.id("town").await);
        let clerk = Person::with(&[(Role::Clerk, own)]);
        assert!(world.rpc.get_organization(clerk.asks(request(own, ""))).await.is_ok());
        for other in [sibling, parent, world.root] {
            let refused = world.rpc.get_organization(clerk.asks(request(other, ""))).await.expect_err("hidden");
            assert_eq!(reason(&refused), "NOT_FOUND");
        }
    }

    async fn who_holds_no_role_may_know_that_he_may_not(database: Database) {
        let world = World::with_branches(&database).await;
        let nobody = world.rpc.get_organization(tonic::Request::new(request(world.root, ""))).await;
        assert_eq!(reason(&nobody.expect_err("nobody")), "SIGN_IN_FIRST");
        let auditor = Person::with(&[(Role::Auditor, world.root)]);
        let refused = world.rpc.get_organization(auditor.asks(request(world.root, ""))).await.expect_err("refused");
        assert_eq!(reason(&refused), "ROLE_MISSING");
    }

    async fn a_wrong_field_is_named_only_to_who_may_ask(database: Database) {
        let world = World::with_branches(&database).await;
        let asked = request(world.root, "2025-13-01x");
        let wrong = world.rpc.get_organization(world.org_dept.asks(asked)).await.expect_err("wrong");
        assert_eq!(reason(&wrong), "FIELDS_INVALID");
        let asked = request("no id", "2025-02-30");
        let nobody = world.rpc.get_organization(tonic::Request::new(asked)).await.expect_err("nobody");
        assert_eq!(reason(&nobody), "SIGN_IN_FIRST", "permission before anything else");
    }
}
