use kernel::{Role, id::PersonId};
use proto::organization::v1::{
    AssignRolesRequest, AssignRolesResponse, ResolveCallerRequest, RevokeRoleRequest, RoleAssignment,
    organization_service_server::OrganizationService,
};
use testkit::{
    database::Database,
    stage::{Person, day, new_id, reason, wrongs},
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

/// The roles that somebody holds today, each with its last day.
pub(crate) async fn held(world: &World, person: PersonId) -> Vec<(String, String)> {
    let asked = ResolveCallerRequest {
        subject: person.to_string(),
    };
    let answer = world
        .rpc
        .resolve_caller(Person::service("gateway").asks(asked))
        .await
        .expect("roles");
    let grants = answer.into_inner().grants;
    grants
        .into_iter()
        .map(|grant| (grant.role, grant.until))
        .collect()
}

testkit::on_both! {
    async fn a_role_that_is_held_already_is_left_as_it_is(database: Database) {
        let world = World::with_branches(&database).await;
        let (person, branch) = (PersonId::new(), world.id("b1").await);
        let first = give(&world, person, "clerk", branch).await;
        let again = give(&world, person, "clerk", branch).await;
        assert_eq!(first.grant_ids, again.grant_ids);
        assert_eq!(world.stage.audited("AssignRoles").await, ["done", "unchanged"], "given once");
    }

    async fn a_role_that_ends_too_early_goes_on_and_one_that_was_taken_away_is_given_anew(database: Database) {
        let world = World::with_branches(&database).await;
        let (person, branch) = (PersonId::new(), world.id("b1").await);
        let mut short = request(&world, &[(person, "clerk", branch)]);
        short.assignments[0].until = "2025-06-30".into();
        let first = world.rpc.assign_roles(world.security.asks(short)).await.expect("given").into_inner();
        let longer = give(&world, person, "clerk", branch).await;
        assert_eq!(longer.grant_ids, first.grant_ids);
        assert_eq!(held(&world, person).await, [("clerk".to_owned(), String::new())], "without end now");
        let revoke = async |id: &str| {
            let revoke = RevokeRoleRequest { grant_id: id.to_owned(), request_id: new_id() };
            world.rpc.revoke_role(world.security.asks(revoke)).await.expect("revoked");
            assert_eq!(held(&world, person).await, []);
        };
        revoke(&first.grant_ids[0]).await;
        let same_day = give(&world, person, "clerk", branch).await;
        assert_eq!(same_day.grant_ids, first.grant_ids, "not a day without it");
        revoke(&first.grant_ids[0]).await;
        let later = kernel::day::start_of(day("2025-06-10"));
        world.stage.clock.advance(later).expect("forward");
        let anew = give(&world, person, "clerk", branch).await;
        assert_ne!(anew.grant_ids, first.grant_ids, "what was held and ended stays in the history");
        revoke(&anew.grant_ids[0]).await;
        let again = give(&world, person, "clerk", branch).await;
        assert_eq!((again.grant_ids, held(&world, person).await.len()), (anew.grant_ids, 1));
    }

    async fn two_who_give_the_same_role_at_once_give_it_once(database: Database) {
        let world = World::with_branches(&database).await;
        let (person, branch) = (PersonId::new(), world.id("b1").await);
        let calls = (0..8).map(|_| give(&world, person, "clerk", branch));
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().all(|answer| answer.grant_ids == answers[0].grant_ids));
        assert_eq!(held(&world, person).await.len(), 1);
    }

    async fn nobody_becomes_administrator_and_something_else_at_once(database: Database) {
        let world = World::with_branches(&database).await;
        for (one, other) in [("security", "auditor"), ("auditor", "org_dept"), ("clerk", "security")].repeat(3) {
            let person = PersonId::new();
            let give = |role| world.rpc.assign_roles(world.security.asks(request(&world, &[(person, role, world.root)])));
            let (first, second) = tokio::join!(give(one), give(other));
            assert_ne!(first.is_ok(), second.is_ok(), "N-20: exactly one of {one} and {other}");
            assert_eq!(held(&world, person).await.len(), 1);
        }
    }

    async fn nobody_gives_a_role_to_himself(database: Database) {
        let world = World::with_branches(&database).await;
        let (me, other) = (PersonId::new(), PersonId::new());
        give(&world, me, "security", world.root).await;
        let security = Person::known(me, &[(Role::Security, world.root)]);
        for role in ["org_dept", "clerk", "security"] {
            for roles in [vec![(me, role, world.root)], vec![(other, "clerk", world.root), (me, role, world.root)]] {
                let refused = world.rpc.assign_roles(security.asks(request(&world, &roles))).await.expect_err("himself");
                assert_eq!(reason(&refused), "ROLE_TO_SELF", "N-20: {role}");
            }
        }
        assert_eq!(held(&world, me).await, [("security".to_owned(), String::new())]);
        assert_eq!(held(&world, other).await, [], "all or none");
        let given = world.rpc.assign_roles(security.asks(request(&world, &[(other, "security", world.root)]))).await;
        given.expect("another administrator is set up");
    }

    async fn administrators_are_apart_on_later_days_too(database: Database) {
        let world = World::with_branches(&database).await;
        let person = PersonId::new();
        let on = |role: &str, from: &str, until: &str| {
            let mut request = request(&world, &[(person, role, world.root)]);
            request.assignments[0].from = from.into();
            request.assignments[0].until = until.into();
            world.rpc.assign_roles(world.security.asks(request))
        };
        on("security", "2025-09-01", "2025-12-31").await.expect("given");
        let refused = on("auditor", "2025-06-01", "").await.expect_err("both from September on");
        assert_eq!(reason(&refused), "ADMINISTRATORS_NOT_SEPARATE", "N-20");
        on("auditor", "2025-06-01", "2025-08-31").await.expect("one after the other");
        let backward = on("clerk", "2025-06-02", "2025-06-01").await.expect_err("backward");
        assert_eq!(reason(&backward), "FIELDS_INVALID");
    }

    async fn an_administrator_does_nothing_else_in_whatever_order_he_is_asked_to(database: Database) {
        let world = World::with_branches(&database).await;
        let branch = world.id("b1").await;
        for (held, other) in [("security", "auditor"), ("auditor", "org_dept"), ("clerk", "security")] {
            let person = PersonId::new();
            give(&world, person, held, world.root).await;
            let both = request(&world, &[(person, other, branch)]);
            let refused = world.rpc.assign_roles(world.security.asks(both)).await.expect_err("refused");
            assert_eq!(reason(&refused), "ADMINISTRATORS_NOT_SEPARATE", "N-20: {held}, then {other}");
            let person = PersonId::new();
            let at_once = request(&world, &[(person, held, world.root), (person, other, branch)]);
            let refused = world.rpc.assign_roles(world.security.asks(at_once)).await.expect_err("refused");
            assert_eq!(reason(&refused), "ADMINISTRATORS_NOT_SEPARATE", "N-20: {held} and {other}");
        }
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

    async fn every_role_is_given_but_those_that_people_are_by_themselves(database: Database) {
        let world = World::with_branches(&database).await;
        for role in Role::ALL {
            let given = request(&world, &[(PersonId::new(), role.code(), world.root)]);
            let given = world.rpc.assign_roles(world.security.asks(given)).await;
            let by_themselves = matches!(role, Role::Person | Role::Anyone | Role::System);
            assert_eq!(given.is_err(), by_themselves, "{role}");
        }
    }

    async fn what_is_wrong_with_the_fields_of_assignments_is_said_at_once(database: Database) {
        let world = World::with_branches(&database).await;
        let mut wrong = request(&world, &[(PersonId::new(), "clerk", world.root), (PersonId::new(), "boss", world.root)]);
        wrong.assignments[0].from = "2025-02-30".into();
        wrong.assignments[1].until = "2024-12-31".into();
        wrong.request_id = "x".into();
        let refused = world.rpc.assign_roles(world.security.asks(wrong)).await.expect_err("refused");
        assert_eq!(wrongs(&refused), ["STRING_UUID", "NOT_A_DAY", "STRING_IN", "END_BEFORE_START"]);
    }

    async fn a_word_that_is_no_role_is_named_with_its_place(database: Database) {
        let world = World::with_branches(&database).await;
        let wrong = request(&world, &[(PersonId::new(), "boss", world.root), (PersonId::new(), "system", world.root)]);
        let refused = world.rpc.assign_roles(world.security.asks(wrong)).await.expect_err("refused");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
    }
}
