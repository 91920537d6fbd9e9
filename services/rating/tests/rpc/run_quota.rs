use proto::rating::v1::{
    Cycle, GetResultRequest, RunQuotaRequest, RunQuotaResponse, rating_service_server::RatingService,
};
use rating::domain::explanation::explanation_hash;
use testkit::{database::Database, stage::reason};
use tonic::{Response, Status};

use crate::{
    get_result::result,
    world::{SEED, World},
};

pub(crate) async fn run(world: &World, cycle: &Cycle, seed: &str) -> Result<RunQuotaResponse, Status> {
    let request = RunQuotaRequest {
        cycle_id: cycle.id.clone(),
        draw_seed: seed.into(),
    };
    world
        .rpc
        .run_quota(world.org_dept.asks(request))
        .await
        .map(Response::into_inner)
}

testkit::on_both! {
    async fn what_a_resolution_bound_is_told_and_given_after_the_quota_has_placed_the_branch(database: Database) {
        let world = World::open(&database, 4).await;
        let cycle = world.frozen().await;
        let waits = world.branches[1];
        let base = result(&world, waits).await;
        let mut bound = Vec::new();
        for (branch, mark) in world.branches.iter().zip([100, 99, 98, 97]) {
            bound.push(world.resolved(&cycle, *branch, mark).await.explanation_hash);
        }
        let resolved = result(&world, waits).await;
        run(&world, &cycle, SEED).await.expect("the quota");

        let placed = result(&world, waits).await.result.expect("a result");
        assert_eq!(placed.resolved_hash, bound[1], "the hash in the history of the case");
        assert_ne!(placed.explanation_hash, bound[1], "where it stands is explained too");
        let ask = |hash: &str| GetResultRequest {
            branch_id: waits.to_string(),
            explanation_hash: hash.to_owned(),
            ..Default::default()
        };
        for (hash, was) in [(&bound[1], &resolved), (&base.result.as_ref().expect("one").explanation_hash, &base)] {
            let asked = world.rpc.get_result(world.org_dept.asks(ask(hash))).await.expect("kept").into_inner();
            assert_eq!(&explanation_hash(asked.explanation_json.as_bytes()), hash);
            assert_eq!((&asked.explanation_json, &asked.items), (&was.explanation_json, &was.items));
            assert_eq!(asked.result.as_ref(), Some(&placed), "the result is the present one");
        }
        let of_another = world.rpc.get_result(world.org_dept.asks(ask(&bound[0]))).await.expect_err("absent");
        assert_eq!(reason(&of_another), "NOT_FOUND");
    }

    async fn the_quota_runs_once_when_the_pool_is_resolved_and_by_the_seed_that_was_committed(database: Database) {
        let world = World::open(&database, 4).await;
        let cycle = world.frozen().await;
        assert_eq!(reason(&run(&world, &cycle, SEED).await.expect_err("refused")), "POOL_NOT_RESOLVED");
        for (k, branch) in world.branches.iter().enumerate() {
            let mark = [100, 99, 98, 97][k];
            assert_eq!(world.resolved(&cycle, *branch, mark).await.star_vetoes, 5);
        }
        let wrong = run(&world, &cycle, "another seed of that length").await.expect_err("X14");
        assert_eq!(reason(&wrong), "DRAW_NOT_REVEALED");

        let ran = run(&world, &cycle, SEED).await.expect("the quota");
        let [pool] = &ran.pools[..] else { panic!("one pool") };
        assert_eq!((pool.rated, pool.places), (4, 1), "30 % of four, floored (S-312)");
        let ids: Vec<_> = world.branches.iter().map(ToString::to_string).collect();
        assert_eq!((&pool.within[..], &pool.waiting[..]), (&ids[..1], &ids[1..]));
        assert_eq!(run(&world, &cycle, SEED).await.expect("again"), ran, "once");
        let audited = world.stage.audited("RunQuota").await;
        assert_eq!(audited, ["POOL_NOT_RESOLVED", "DRAW_NOT_REVEALED", "done", "unchanged"]);
        assert_eq!(world.cycle(&cycle.id).await.draw_seed, SEED);

        let first = result(&world, world.branches[0]).await.result.expect("a result");
        let second = result(&world, world.branches[1]).await;
        let waits = second.result.expect("a result");
        assert_eq!((first.star, first.waiting), (5, 0));
        assert_eq!((waits.star, waits.waiting, waits.five_star_standard), (4, 1, true), "S-316");
        assert!(waits.rules.iter().any(|rule| rule.starts_with("quota")), "named in the result");
        let bytes = second.explanation_json.as_bytes();
        let root = rating::domain::template::FrozenTemplate::root();
        assert_eq!(rating::domain::explanation::reevaluate(bytes, root).expect("again"), bytes, "X1");
    }
}
