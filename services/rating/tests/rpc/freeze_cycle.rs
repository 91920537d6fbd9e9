use std::sync::atomic::Ordering;

use access::Node;
use kernel::{Domain, OrganizationKind, Role, id::OrganizationId};
use proto::rating::v1::{FreezeCycleRequest, OpenCycleRequest, rating_service_server::RatingService};
use rating::{
    freezing,
    store::{facts, outcomes},
};
use testkit::{
    database::Database,
    stage::{Person, day, reason, since},
};

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
        assert_eq!(world.stage.audited("FreezeCycle").await, ["FREEZE_TOO_EARLY", "done", "unchanged"]);
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

    async fn a_branch_takes_part_as_what_it_was_and_where_it_stood_on_the_last_day_of_the_year(database: Database) {
        let world = World::open(&database, 5).await;
        let [other, before, general, gone, _] = world.branches[..] else { panic!("five") };
        let came = OrganizationId::new();
        let school = |id| Node { domain: Some(Domain::School), ..world.here(id) };
        world.stage.learn([
            since("2026-01-10", &world.here(other), school(other)),
            since("2025-12-31", &world.here(before), school(before)),
            since("2026-01-10", &world.here(general), Node {
                kind: OrganizationKind::GeneralBranch,
                domain: None,
                ..world.here(general)
            }),
            since("2026-01-10", &world.here(gone), world.there(gone)),
            since("2026-01-10", &world.there(came), world.here(came)),
        ]).await;
        let there = Person::with(&[(Role::OrgDept, world.elsewhere)]);
        let opening = OpenCycleRequest { organization_id: world.elsewhere.to_string(), ..world.opening() };
        let theirs = world.rpc.open_cycle(there.asks(opening)).await.expect("opened").into_inner().cycle.expect("a cycle");
        let ours = world.frozen().await;
        world.rpc.freeze_cycle(there.asks(FreezeCycleRequest { cycle_id: theirs.id.clone() })).await.expect("begun");
        freezing::pass(&world.app).await.expect("frozen");

        let known = async |branch| {
            let all = outcomes::of_branch(&world.stage.store.own(), branch).await.expect("outcomes");
            all.into_iter().map(|one| (one.cycle.to_string(), one.county, one.domain)).collect::<Vec<_>>()
        };
        let here = |domain| vec![(ours.id.clone(), world.county, Some(domain))];
        assert_eq!(known(other).await, here(Domain::Rural), "of another domain since January");
        assert_eq!(known(before).await, here(Domain::School));
        assert_eq!(known(general).await, here(Domain::Rural), "a general branch since January");
        assert_eq!(known(gone).await, here(Domain::Rural), "of another county since January");
        assert_eq!(known(came).await, [(theirs.id.clone(), world.elsewhere, Some(Domain::Rural))], "in one cycle");
        for branch in [other, general, gone, came] {
            assert_eq!(world.case("star_rating", branch).await.state, "self_assessing");
        }
    }

    async fn who_was_rated_in_the_year_is_left_out_only_when_it_is_no_more(database: Database) {
        let world = World::open(&database, 2).await;
        let [temporary, gone] = world.branches[..] else { panic!("two") };
        world.frozen().await;
        let since_then = Node { kind: OrganizationKind::TemporaryBranch, ..world.here(temporary) };
        world.stage.learn([
            since("2026-01-10", &world.here(temporary), since_then),
            Node { dissolved_on: Some(day("2026-01-20")), ..world.here(gone) },
        ]).await;
        world.until("2026-01-21");
        let exclude = |branch| world.step(&world.clerk, branch, "exclude", &[("change_reason", "依据")]);
        assert_eq!(reason(&exclude(temporary).await.expect_err("S-301")), "MUST_BE_RATED");
        assert_eq!(exclude(gone).await.expect("S-301").state, "not_rated");
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
