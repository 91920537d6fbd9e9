use proto::activity::v1::{
    BranchOwed, CollectOwedRequest, CollectOwedResponse, Duty, activity_service_server::ActivityService,
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

    async fn what_lies_before_the_year_of_the_first_meeting_on_record_is_no_silence(database: Database) {
        let world = World::open(&database).await;
        let ask = async || {
            let asked = CollectOwedRequest { first_day: "2024-04-01".into(), ..request(&[world.branch.to_string()]) };
            let asked = Person::service("organization").asks(asked);
            world.rpc.collect_owed(asked).await.expect("an answer").into_inner().branches.remove(0)
        };
        let missed = |one: &BranchOwed| duty(one, Duty::Assembly).missed.clone();
        let none = ask().await;
        assert_eq!((none.silent_quarters, none.full_quarters), (0, 0), "no meeting at all: not before this year");
        assert!(none.duties.iter().all(|one| !one.applicable));
        world.record(world.content(&[Duty::Assembly], "2025-08-14", 0..12)).await.expect("recorded");
        let known = ask().await;
        assert_eq!((known.silent_quarters, missed(&known)[0].as_str()), (2, "2025-01-01"), "S-107");
        world.record(world.content(&[Duty::Assembly], "2024-12-20", 0..12)).await.expect("recorded");
        let earlier = ask().await;
        assert_eq!((earlier.full_quarters, missed(&earlier)[0].as_str()), (known.full_quarters + 3, "2024-04-01"));
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
