use proto::rating::v1::{ListRectificationsRequest, Rectification, rating_service_server::RatingService};
use testkit::database::Database;

use crate::world::World;

async fn list(world: &World, open_only: bool) -> Vec<Rectification> {
    let request = ListRectificationsRequest {
        organization_id: world.county.to_string(),
        open_only,
        ..Default::default()
    };
    world
        .rpc
        .list_rectifications(world.org_dept.asks(request))
        .await
        .expect("a page")
        .into_inner()
        .cases
}

testkit::on_both! {
    async fn a_branch_named_low_stands_in_the_list(database: Database) {
        let world = World::open(&database, 2).await;
        let [poor, good] = world.branches[..] else { panic!("two branches") };
        world.make_poor(poor);
        let cycle = world.frozen().await;
        world.resolved(&cycle, poor, 20).await;
        let rated = world.evaluated(&cycle, good, 100).await;
        world.resolve(good, 4, &rated.explanation_hash).await.expect("resolved for four");
        world.decided(&[poor, good]).await;
        let batch = world.sign(&cycle, &[poor, good]).await.expect("signed").batch_id;
        for branch in [poor, good] {
            world.step(&world.clerk, branch, "name_local", &[("naming_batch", &batch)]).await.expect("named");
        }
        let cases = list(&world, true).await;
        let [case] = &cases[..] else { panic!("one case: {cases:?}") };
        assert_eq!((case.branch_id.clone(), case.cause.as_str()), (poor.to_string(), "star"), "S-315");
        assert_eq!((case.opened_on.as_str(), case.closed_on.as_str()), ("2026-03-20", ""));
        assert_eq!(case.case_id, world.case("rectification", poor).await.id);
    }
}
