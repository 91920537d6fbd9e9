use kernel::{Role, id::PersonId};
use proto::organization::v1::{
    AssignRolesRequest, AssignRolesResponse, RoleAssignment, organization_service_server::OrganizationService,
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};

use crate::world::World;

pub(crate) fn request(
    world: &World,
    roles: &[(PersonId, &str, kernel::id::OrganizationId)],
) -> AssignRolesRequest {
    let one = |(subject, role, at): &(PersonId, &str, kernel::id::OrganizationId)| RoleAssignment {
        subject: subject.to_string(),
        role: (*role).to_owned(),
        organization_id: at.to_string(),
        from: "2025-01-01".into(),
        until: String::new(),
    };
    AssignRolesRequest {
        organization_id: world.root.to_string(),
        request_id: new_id(),
        assignments: roles.iter().map(one).collect(),
    }
}

pub(crate) async fn give(
    world: &World,
    person: PersonId,
    role: &str,
    at: kernel::id::OrganizationId,
) -> AssignRolesResponse {
    let request = request(world, &[(person, role, at)]);
    world
        .rpc
        .assign_roles(world.security.asks(request))
        .await
        .expect("given")
        .into_inner()
}

testkit::on_both! {
    async fn a_role_that_is_held_already_is_left_as_it_is(database: Database) {
        let world = World::with_branches(&database).await;
        let (person, branch) = (PersonId::new(), world.id("b1").await);
        let first = give(&world, person, "clerk", branch).await;
        let again = give(&world, person, "clerk", branch).await;
        assert_eq!(first.grant_ids, again.grant_ids);
    }

    async fn nobody_administers_security_and_audit(database: Database) {
        let world = World::with_branches(&database).await;
        let person = PersonId::new();
        give(&world, person, "security", world.root).await;
        let both = request(&world, &[(person, "auditor", world.root)]);
        let refused = world.rpc.assign_roles(world.security.asks(both)).await.expect_err("refused");
        assert_eq!(reason(&refused), "ADMINISTRATORS_NOT_SEPARATE", "N-20");
        let other = PersonId::new();
        let at_once = request(&world, &[(other, "security", world.root), (other, "auditor", world.root)]);
        let refused = world.rpc.assign_roles(world.security.asks(at_once)).await.expect_err("refused");
        assert_eq!(reason(&refused), "ADMINISTRATORS_NOT_SEPARATE");
    }

    async fn only_security_gives_roles_and_only_below_itself(database: Database) {
        let world = World::with_branches(&database).await;
        let (b1, b2) = (world.id("b1").await, world.id("b2").await);
        let given = request(&world, &[(PersonId::new(), "clerk", b1)]);
        let refused = world.rpc.assign_roles(world.org_dept.asks(given.clone())).await.expect_err("no security");
        assert_eq!(reason(&refused), "ROLE_MISSING");
        let local = Person::with(&[(Role::Security, b1)]);
        let mut abroad = request(&world, &[(PersonId::new(), "clerk", b2)]);
        abroad.organization_id = b1.to_string();
        let refused = world.rpc.assign_roles(local.asks(abroad)).await.expect_err("outside");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }

    async fn a_word_that_is_no_role_is_named_with_its_place(database: Database) {
        let world = World::with_branches(&database).await;
        let wrong = request(&world, &[(PersonId::new(), "boss", world.root), (PersonId::new(), "system", world.root)]);
        let refused = world.rpc.assign_roles(world.security.asks(wrong)).await.expect_err("refused");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
    }
}
