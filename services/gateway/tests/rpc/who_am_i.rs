use std::collections::BTreeSet;

use kernel::Role;
use proto::gateway::v1::WhoAmIRequest;
use testkit::stage::reason;

use crate::world::{Person, World};

#[tokio::test]
async fn a_caller_learns_who_he_is_and_what_he_may_act_as() {
    let world = World::start().await;
    let person = world.somebody(&[(Role::Clerk, world.branch), (Role::OrgDept, world.county)]);
    let answer = world
        .gateway()
        .await
        .who_am_i(person.asks(WhoAmIRequest {}))
        .await;
    let answer = answer.expect("answered").into_inner();
    assert_eq!((answer.subject, answer.level), (person.id, 2));
    assert!(!answer.session.is_empty());
    let grants: BTreeSet<_> = answer
        .grants
        .into_iter()
        .map(|g| (g.role, g.organization_id))
        .collect();
    let expected = [
        ("clerk".to_owned(), world.branch.to_string()),
        ("org_dept".to_owned(), world.county.to_string()),
    ];
    assert_eq!(grants, BTreeSet::from(expected));
}

#[tokio::test]
async fn who_used_one_factor_is_at_level_one() {
    let world = World::start().await;
    let person = Person::new(false);
    let answer = world
        .gateway()
        .await
        .who_am_i(person.asks(WhoAmIRequest {}))
        .await;
    let answer = answer.expect("answered").into_inner();
    assert_eq!((answer.level, answer.grants.len()), (1, 0));
}

#[tokio::test]
async fn nobody_is_asked_to_sign_in() {
    let world = World::start().await;
    let refused = world
        .gateway()
        .await
        .who_am_i(WhoAmIRequest {})
        .await
        .expect_err("refused");
    assert_eq!(reason(&refused), "SIGN_IN_FIRST");
}
