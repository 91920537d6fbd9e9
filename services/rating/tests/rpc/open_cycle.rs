use kernel::Role;
use proto::rating::v1::{OpenCycleRequest, rating_service_server::RatingService};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason, wrongs},
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

    async fn nobody_but_a_county_has_a_cycle(database: Database) {
        let world = World::open(&database, 1).await;
        let from_above = Person::with(&[(Role::OrgDept, world.city)]);
        for other in [world.city, world.town, world.branches[0]] {
            let request = OpenCycleRequest { organization_id: other.to_string(), ..world.opening() };
            let refused = world.rpc.open_cycle(from_above.asks(request)).await.expect_err("S-301");
            assert_eq!(reason(&refused), "NOT_A_COUNTY");
        }
        world.rpc.open_cycle(from_above.asks(world.opening())).await.expect("the county's, from above");
    }

    async fn facts_are_frozen_in_the_year_after_of_a_year_that_is_near(database: Database) {
        let world = World::open(&database, 1).await;
        for freeze_day in ["2025-12-31", "2027-01-01", "2031-01-15", "1990-01-15"] {
            let request = OpenCycleRequest { freeze_day: freeze_day.into(), ..world.opening() };
            let refused = world.rpc.open_cycle(world.org_dept.asks(request)).await.expect_err("S-301");
            assert_eq!(wrongs(&refused), ["FREEZE_OUTSIDE_WINDOW"], "{freeze_day}");
        }
        let far = OpenCycleRequest { year: 2090, freeze_day: "2091-01-15".into(), ..world.opening() };
        let refused = world.rpc.open_cycle(world.org_dept.asks(far)).await.expect_err("S-301");
        assert_eq!(wrongs(&refused), ["YEAR_OUT_OF_REACH"]);

        world.open_cycle().await;
        world.until("2026-02-01");
        let again = world.rpc.open_cycle(world.org_dept.asks(world.opening())).await.expect_err("S-301");
        assert_eq!(reason(&again), "CYCLE_EXISTS", "told, though its freeze day is past");
    }

    async fn strangers_see_nothing_and_a_draw_without_commitment_is_none(database: Database) {
        let world = World::open(&database, 1).await;
        let raw = OpenCycleRequest { draw_commitment: "00".repeat(32), request_id: new_id(), ..world.opening() };
        let refused = world.rpc.open_cycle(world.org_dept.asks(raw)).await.expect_err("X14");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
        let refused = world.rpc.open_cycle(stranger().asks(world.opening())).await.expect_err("refused");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
