//! Whoever is not let in to write, or to what is personal, is on record (N-20, X18).

use access::Authorized;
use kernel::{Refusal, Role, RpcError, id::OrganizationId};
use prost::Message;
use prost_reflect::ReflectMessage;
use proto::{
    member::v1::{ListMembersRequest, RevealMemberRequest},
    organization::v1::AssignRolesRequest,
    rating::v1::GetCycleRequest,
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};
use tonic::Request;

use crate::stage::World;

const SECRET: &str = "11010519491231002X";

async fn asks<Q>(world: &World, request: Request<Q>) -> String
where
    Q: ReflectMessage + Message + Send + Sync + 'static,
{
    let nothing = |_: Authorized<Q>| async { Ok::<(), RpcError>(()) };
    let refused = world.stage.desk.serve(request, nothing).await;
    reason(&refused.map(drop).expect_err("refused"))
}

fn roles_at(organization: OrganizationId) -> AssignRolesRequest {
    AssignRolesRequest {
        organization_id: organization.to_string(),
        request_id: new_id(),
        assignments: Vec::new(),
    }
}

/// What is on record: whose, which RPC, where it is filed and why.
async fn record(world: &World) -> Vec<(String, String, Option<OrganizationId>, String)> {
    world.sequenced().await;
    let links = storage::audit::read(&world.stage.store, None)
        .await
        .expect("the trail");
    assert!(!format!("{links:?}").contains(SECRET), "nothing of what was sent");
    let entries = links.into_iter().map(|link| link.entry);
    let told = entries.map(|entry| {
        let rpc = entry.method.rsplit('/').next().unwrap_or_default().to_owned();
        let place = entry.organization().map(OrganizationId::from);
        (entry.subject, rpc, place, entry.result)
    });
    told.collect()
}

testkit::on_both! {
    async fn a_refusal_is_on_record_with_who_what_where_and_why(database: Database) {
        let world = World::open(&database).await;
        let clerk = Person::with(&[(Role::Clerk, world.branch), (Role::Clerk, world.county)]);
        let security = Person::with(&[(Role::Security, world.county)]);
        let one_factor = Person::with_one_factor(&[(Role::Security, world.county)]);
        let service = Person::service("rating");
        let absent = OrganizationId::new();
        let reveal = |person: &str| RevealMemberRequest { person_id: person.into(), ..Default::default() };
        let members = |of: OrganizationId| ListMembersRequest { organization_id: of.to_string(), ..Default::default() };

        let at = roles_at(world.other_branch);
        assert_eq!(asks(&world, clerk.asks(at.clone())).await, "ROLE_MISSING");
        assert_eq!(asks(&world, security.asks(at.clone())).await, "NOT_FOUND");
        assert_eq!(asks(&world, one_factor.asks(at.clone())).await, "STEP_UP_FIRST");
        assert_eq!(asks(&world, service.asks(at)).await, "PERSON_ONLY");
        assert_eq!(asks(&world, clerk.asks(reveal(SECRET))).await, "PURPOSE_MISSING");
        assert_eq!(asks(&world, clerk.asks(members(world.other_branch))).await, "NOT_FOUND");
        assert_eq!(asks(&world, clerk.asks(members(absent))).await, "NOT_FOUND");

        let one = |who: String, rpc: &str, place, why: &str| (who, rpc.to_owned(), Some(place), why.to_owned());
        let [of_clerk, of_security, of_one_factor] = [&clerk, &security, &one_factor].map(|who| who.id.to_string());
        assert_eq!(record(&world).await, [
            one(of_clerk.clone(), "AssignRoles", world.other_branch, "ROLE_MISSING"),
            one(of_security, "AssignRoles", world.other_branch, "NOT_FOUND"),
            one(of_one_factor, "AssignRoles", world.other_branch, "STEP_UP_FIRST"),
            one("rating".into(), "AssignRoles", world.other_branch, "PERSON_ONLY"),
            one(of_clerk.clone(), "RevealMember", world.county, "PURPOSE_MISSING"),
            one(of_clerk.clone(), "ListMembers", world.other_branch, "NOT_FOUND"),
            one(of_clerk, "ListMembers", absent, "NOT_FOUND"),
        ]);
    }

    async fn nobody_wrong_fields_and_what_is_neither_written_nor_personal_leave_no_record(database: Database) {
        let world = World::open(&database).await;
        let security = Person::with(&[(Role::Security, world.county)]);
        assert_eq!(asks(&world, Request::new(roles_at(world.branch))).await, "SIGN_IN_FIRST");
        let wrong = AssignRolesRequest { request_id: SECRET.into(), ..roles_at(world.branch) };
        assert_eq!(asks(&world, security.asks(wrong)).await, "FIELDS_INVALID");
        let cycle = GetCycleRequest { cycle_id: new_id() };
        assert_eq!(asks(&world, security.asks(cycle)).await, "ROLE_MISSING");
        assert_eq!(record(&world).await, []);
    }

    async fn whoever_tries_on_and_on_is_recorded_so_often_and_refused_each_time(database: Database) {
        let world = World::open(&database).await;
        let stranger = Person::with(&[]);
        for _ in 0..80 {
            assert_eq!(asks(&world, stranger.asks(roles_at(world.branch))).await, "ROLE_MISSING");
        }
        assert_eq!(record(&world).await.len(), 60);
    }

    async fn what_cannot_be_recorded_is_refused_all_the_same(database: Database) {
        let world = World::open(&database).await;
        world.stage.store.close().await.expect("closed");
        let stranger = Person::with(&[]);
        assert_eq!(asks(&world, stranger.asks(roles_at(world.branch))).await, "ROLE_MISSING");
    }

    async fn a_read_of_sensitive_fields_that_its_use_case_refuses_is_filed_under_the_callers_place(database: Database) {
        let world = World::open(&database).await;
        let clerk = Person::with(&[(Role::Clerk, world.branch)]);
        let reveal = RevealMemberRequest { person_id: new_id(), purpose: "核对身份".into() };
        let absent = |_: Authorized<RevealMemberRequest>| async { Err::<(), RpcError>(Refusal::not_found().into()) };
        let refused = world.stage.desk.serve(clerk.asks(reveal), absent).await;
        assert_eq!(reason(&refused.map(drop).expect_err("refused")), "NOT_FOUND");
        let (_, rpc, place, why) = record(&world).await.pop().expect("on record");
        assert_eq!((rpc.as_str(), place, why.as_str()), ("RevealMember", Some(world.branch), "NOT_FOUND"));
    }
}
