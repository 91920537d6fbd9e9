use proto::rating::v1::{GetCycleRequest, rating_service_server::RatingService};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::world::{World, stranger};

testkit::on_both! {
    async fn a_cycle_says_how_far_it_is_and_strangers_find_none(database: Database) {
        let world = World::open(&database, 2).await;
        let cycle = world.frozen().await;
        world.resolved(&cycle, world.branches[0], 95).await;
        let cycle = world.cycle(&cycle.id).await;
        assert_eq!((cycle.frozen, cycle.resolved), (2, 1));
        for (who, id) in [(stranger(), cycle.id.clone()), (world.org_dept.clone(), new_id())] {
            let refused = world.rpc.get_cycle(who.asks(GetCycleRequest { cycle_id: id })).await.expect_err("hidden");
            assert_eq!(reason(&refused), "NOT_FOUND");
        }
    }
}
