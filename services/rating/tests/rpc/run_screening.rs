use std::sync::atomic::Ordering;

use proto::rating::v1::{RunScreeningRequest, RunScreeningResponse, rating_service_server::RatingService};
use testkit::{
    database::Database,
    stage::{new_id, wrongs},
};
use tonic::{Response, Status};

use crate::world::World;

pub(crate) async fn screen(world: &World, on: &str) -> Result<RunScreeningResponse, Status> {
    let request = RunScreeningRequest {
        organization_id: world.county.to_string(),
        on: on.into(),
        request_id: new_id(),
    };
    world
        .rpc
        .run_screening(world.org_dept.asks(request))
        .await
        .map(Response::into_inner)
}

testkit::on_both! {
    async fn findings_open_close_and_reopen_with_their_rule(database: Database) {
        let world = World::open(&database, 2).await;
        world.until("2025-09-30");
        let branch = world.branches[0];
        *world.peers.screened.lock().expect("screened") = world.branches.clone();
        *world.peers.firings.lock().expect("firings") = vec![(branch, "hollow.members"), (branch, "oversized")];
        let counts = |answer: RunScreeningResponse| (answer.branches, answer.opened, answer.closed, answer.reopened);
        assert_eq!(counts(screen(&world, "2025-07-01").await.expect("screened")), (2, 2, 0, 0), "S-105");
        assert_eq!(counts(screen(&world, "2025-07-02").await.expect("screened")), (2, 0, 0, 0));
        world.peers.firings.lock().expect("firings").pop();
        assert_eq!(counts(screen(&world, "2025-08-01").await.expect("screened")), (2, 0, 1, 0));
        world.peers.firings.lock().expect("firings").push((branch, "oversized"));
        assert_eq!(counts(screen(&world, "2025-09-01").await.expect("screened")), (2, 0, 0, 1));
    }

    async fn only_the_last_year_and_not_the_future_is_screened_and_a_peer_that_is_away_is_named(database: Database) {
        let world = World::open(&database, 1).await;
        let refused = screen(&world, "2025-06-02").await.expect_err("tomorrow");
        assert_eq!(wrongs(&refused), ["SCREENING_IN_FUTURE"]);
        for before in ["1950-01-01", "2020-01-01", "2024-05-31"] {
            let refused = screen(&world, before).await.expect_err("nobody could mend it");
            assert_eq!(wrongs(&refused), ["SCREENING_BEFORE_RECORDS"], "{before}");
        }
        screen(&world, "2024-06-01").await.expect("a year ago");
        world.peers.away.store(true, Ordering::SeqCst);
        let refused = screen(&world, "").await.expect_err("away");
        assert_eq!(refused.code(), tonic::Code::Unavailable);
    }

    async fn two_screenings_at_once_keep_one_ledger_and_nobody_is_told_of_a_fault(database: Database) {
        let world = World::open(&database, 8).await;
        world.until("2025-09-30");
        *world.peers.screened.lock().expect("screened") = world.branches.clone();
        for (on, fires) in [("2025-07-01", true), ("2025-08-01", false), ("2025-09-01", true)] {
            let firing = world.branches.iter().filter(|_| fires).map(|branch| (*branch, "hollow.members"));
            *world.peers.firings.lock().expect("firings") = firing.collect();
            let all = futures::future::join_all((0..4).map(|_| screen(&world, on))).await;
            let mut changed = 0;
            for one in all {
                let answer = one.expect("a clean result");
                changed += answer.opened + answer.closed + answer.reopened;
            }
            assert_eq!(changed, 8, "{on}: each change once, whoever made it (S-105)");
        }
        let ledger = crate::list_findings::all(&world).await;
        assert_eq!(ledger.len(), 8);
        assert!(ledger.iter().all(|one| one.reopened == 1 && one.closed_on.is_empty()));
    }
}
