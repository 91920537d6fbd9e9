use proto::rating::v1::{OpenCycleRequest, rating_service_server::RatingService};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::world::{World, stranger};

testkit::on_both! {
    async fn a_county_has_one_cycle_a_year_and_its_template_is_frozen_by_hash(database: Database) {
        let world = World::open(&database, 1).await;
        let request = world.opening();
        let first = world.rpc.open_cycle(world.org_dept.asks(request.clone())).await.expect("a cycle").into_inner();
        let again = world.rpc.open_cycle(world.org_dept.asks(request)).await.expect("the same answer").into_inner();
        assert_eq!(first, again, "replayed");
        let cycle = first.cycle.expect("a cycle");
        assert_eq!(cycle.state, "open");
        assert!(cycle.template_hash.starts_with("sm3:"), "S-303");
        let refused = world.rpc.open_cycle(world.org_dept.asks(world.opening())).await.expect_err("S-301");
        assert_eq!(reason(&refused), "CYCLE_EXISTS");
    }

    async fn facts_are_not_frozen_within_the_year_and_strangers_see_nothing(database: Database) {
        let world = World::open(&database, 1).await;
        let early = OpenCycleRequest { freeze_day: "2025-12-31".into(), ..world.opening() };
        let refused = world.rpc.open_cycle(world.org_dept.asks(early)).await.expect_err("refused");
        assert_eq!(reason(&refused), "FREEZE_BEFORE_YEAR_END");
        let raw = OpenCycleRequest { draw_commitment: "00".repeat(32), request_id: new_id(), ..world.opening() };
        let refused = world.rpc.open_cycle(world.org_dept.asks(raw)).await.expect_err("X14");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
        let refused = world.rpc.open_cycle(stranger().asks(world.opening())).await.expect_err("refused");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
