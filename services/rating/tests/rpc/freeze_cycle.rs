use std::sync::atomic::Ordering;

use kernel::id::OrganizationId;
use proto::rating::v1::{FreezeCycleRequest, rating_service_server::RatingService};
use rating::{freezing, store::facts};
use testkit::{database::Database, stage::reason};

use crate::world::{FREEZE, World, founded};

testkit::on_both! {
    async fn facts_are_frozen_on_their_day_with_a_case_for_each_rated_branch(database: Database) {
        let world = World::open(&database, 3).await;
        let late = OrganizationId::new();
        world.stage.learn([founded(&world, late, "2025-11-01")]).await;
        let cycle = world.open_cycle().await;
        let ask = || world.org_dept.asks(FreezeCycleRequest { cycle_id: cycle.id.clone() });
        world.until("2026-01-14");
        let early = world.rpc.freeze_cycle(ask()).await.expect_err("too early");
        assert_eq!(reason(&early), "FREEZE_TOO_EARLY");

        world.until(FREEZE);
        let begun = world.rpc.freeze_cycle(ask()).await.expect("begun").into_inner().cycle.expect("a cycle");
        assert_eq!((begun.state.as_str(), begun.branches, begun.frozen), ("freezing", 5, 0));
        freezing::pass(&world.app).await.expect("frozen");
        let frozen = world.cycle(&cycle.id).await;
        assert_eq!((frozen.state.as_str(), frozen.branches, frozen.frozen), ("frozen", 5, 3));
        let mut reasons: Vec<_> = frozen.not_rated.iter().map(|one| one.reason.as_str()).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["NO_FULL_QUARTER", "TEMPORARY_BRANCH"], "S-301");
        for branch in &world.branches {
            assert_eq!(world.case("star_rating", *branch).await.state, "self_assessing", "S-308");
        }
        let again = world.rpc.freeze_cycle(ask()).await.expect("again").into_inner().cycle.expect("a cycle");
        assert_eq!(again, frozen, "sent again it changes nothing");
    }

    async fn frozen_facts_keep_their_source_and_leave_the_review_out(database: Database) {
        let world = World::open(&database, 1).await;
        let cycle = world.frozen().await.id.parse().expect("an id");
        let facts = facts::get(&world.stage.store.own(), cycle, world.branches[0]).await.expect("facts");
        assert_eq!(facts.len(), 80 - 6);
        assert!(facts.iter().all(|fact| !fact.indicator.starts_with("rating.review.")));
        let member = facts.iter().find(|fact| fact.indicator == "member.count.full").expect("a fact");
        assert_eq!((member.numerator, member.cursor.as_str()), (20, "member@7"));
        let unkept = facts.iter().find(|fact| fact.indicator == "rating.plan.done").expect("a fact");
        assert_eq!((unkept.applicable, unkept.reason.as_str()), (false, "NOT_KEPT_YET"));
    }

    async fn a_peer_that_is_away_delays_the_freeze_and_loses_nothing(database: Database) {
        let world = World::open(&database, 2).await;
        let cycle = world.open_cycle().await;
        world.until(FREEZE);
        let ask = world.org_dept.asks(FreezeCycleRequest { cycle_id: cycle.id.clone() });
        world.rpc.freeze_cycle(ask).await.expect("begun");
        world.peers.away.store(true, Ordering::SeqCst);
        freezing::pass(&world.app).await.expect_err("nobody answers");
        assert_eq!(world.cycle(&cycle.id).await.state, "freezing");
        world.peers.away.store(false, Ordering::SeqCst);
        freezing::pass(&world.app).await.expect("now they answer");
        let frozen = world.cycle(&cycle.id).await;
        assert_eq!((frozen.state.as_str(), frozen.frozen), ("frozen", 2));
    }

    async fn a_branch_that_moves_to_another_county_before_its_batch_stays_in_the_cycle(database: Database) {
        let world = World::open(&database, 2).await;
        let cycle = world.open_cycle().await;
        world.until(FREEZE);
        let ask = world.org_dept.asks(FreezeCycleRequest { cycle_id: cycle.id.clone() });
        world.rpc.freeze_cycle(ask).await.expect("begun");
        let moved = world.branches[0];
        world.moved(moved).await;
        freezing::pass(&world.app).await.expect("asked where it stands");
        assert_eq!(world.cycle(&cycle.id).await.state, "frozen", "S-308");
        let id = cycle.id.parse().expect("an id");
        for branch in &world.branches {
            let facts = facts::get(&world.stage.store.own(), id, *branch).await.expect("facts");
            assert_eq!(facts.len(), 80 - 6);
        }
    }

    async fn two_replicas_freeze_once(database: Database) {
        let world = World::open(&database, 3).await;
        let cycle = world.open_cycle().await;
        world.until(FREEZE);
        let ask = world.org_dept.asks(FreezeCycleRequest { cycle_id: cycle.id.clone() });
        world.rpc.freeze_cycle(ask).await.expect("begun");
        let (one, other) = tokio::join!(freezing::pass(&world.app), freezing::pass(&world.app));
        one.expect("one"); other.expect("the other");
        freezing::pass(&world.app).await.expect("whoever was left out");
        assert_eq!(world.cycle(&cycle.id).await.frozen, 3);
    }

    async fn a_county_of_more_than_one_batch_is_frozen_whole(database: Database) {
        let world = World::open(&database, 501).await;
        let cycle = world.frozen().await;
        assert_eq!((cycle.state.as_str(), cycle.frozen), ("frozen", 501));
    }

    async fn a_tree_that_lags_behind_settles_nobody(database: Database) {
        let world = World::open(&database, 1).await;
        let cycle = world.open_cycle().await;
        world.until(FREEZE);
        world.peers.head.store(3, Ordering::SeqCst);
        let ask = || world.org_dept.asks(FreezeCycleRequest { cycle_id: cycle.id.clone() });
        let refused = world.rpc.freeze_cycle(ask()).await.expect_err("who knows who is missing");
        assert_eq!((refused.code(), reason(&refused).as_str()), (tonic::Code::Unavailable, "TREE_BEHIND"));
        assert_eq!(world.cycle(&cycle.id).await.state, "open");

        let caught_up = "INSERT INTO feed_cursor (source, position) VALUES ('organization', 3)";
        database.meddle(&world.stage.store, caught_up).await;
        let begun = world.rpc.freeze_cycle(ask()).await.expect("begun").into_inner().cycle.expect("a cycle");
        assert_eq!((begun.state.as_str(), begun.branches), ("freezing", 2), "S-301");
    }
}
