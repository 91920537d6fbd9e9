use proto::activity::v1::{
    CollectOwedRequest, CollectOwedResponse, Duty, activity_service_server::ActivityService,
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason, wrongs},
};

use crate::{
    list_owed::{duty, of},
    world::World,
};

pub(crate) fn request(branches: &[String]) -> CollectOwedRequest {
    CollectOwedRequest {
        branch_ids: branches.to_vec(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
    }
}

async fn collect(world: &World, branches: &[String]) -> CollectOwedResponse {
    let organization = Person::service("organization");
    world
        .rpc
        .collect_owed(organization.asks(request(branches)))
        .await
        .expect("an answer")
        .into_inner()
}

testkit::on_both! {
    async fn organization_gets_every_branch_in_the_order_asked_with_the_position(database: Database) {
        let world = World::open(&database).await;
        world.record(world.content(&[Duty::Assembly], "2025-08-14", 0..12)).await.expect("recorded");
        let asked = [world.stranger.to_string(), world.branch.to_string()];
        let answer = collect(&world, &asked).await;
        let ids: Vec<_> = answer.branches.iter().map(|one| one.branch_id.clone()).collect();
        assert_eq!((ids.as_slice(), answer.position), (asked.as_slice(), world.head().await));
        assert_eq!(duty(of(&answer.branches, world.branch), Duty::Assembly).held, 1);
        assert_eq!(of(&answer.branches, world.branch).silent_quarters, 2, "S-107");
        assert_eq!(of(&answer.branches, world.stranger).silent_quarters, 4);
    }

    async fn more_than_two_years_are_not_collected(database: Database) {
        let world = World::open(&database).await;
        let long = CollectOwedRequest { first_day: "2023-12-31".into(), ..request(&[world.branch.to_string()]) };
        let refused = world.rpc.collect_owed(Person::service("organization").asks(long)).await.expect_err("refused");
        assert_eq!(wrongs(&refused), ["PERIOD_TOO_LONG"]);
    }

    async fn nobody_else_collects_and_an_unknown_branch_is_absent(database: Database) {
        let world = World::open(&database).await;
        let branch = [world.branch.to_string()];
        let person = world.rpc.collect_owed(world.org_dept.asks(request(&branch))).await.expect_err("refused");
        assert_eq!(reason(&person), "SERVICE_ONLY");
        let unknown = Person::service("organization").asks(request(&[new_id()]));
        assert_eq!(reason(&world.rpc.collect_owed(unknown).await.expect_err("refused")), "NOT_FOUND");
    }
}
