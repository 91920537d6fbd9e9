//! `TakeStep`: conditions, late effects, and what the owner is told.

use process::engine::Value;
use testkit::{database::Database, stage::reason};

use crate::world::{World, taking};

testkit::on_both! {
    async fn a_condition_that_does_not_hold_refuses_by_its_own_code_and_nothing_is_told(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.owner.say("content_cleared", Value::Flag(false));
        let refused = world.attempt(&world.reviewer, taking(&case, "review", &["quality_review"])).await;
        let status = refused.expect_err("not cleared");
        assert_eq!((status.code(), reason(&status).as_str()), (tonic::Code::FailedPrecondition, "CONTENT_NOT_CLEARED"));
        assert_eq!(world.owner.steps(), ["submit"]);
    }

    async fn what_fell_due_is_recorded_once_however_often_somebody_tries(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.turn_to("2025-08-01");
        for _ in 0..3 {
            let refused = world.attempt(&world.reviewer, taking(&case, "review", &[])).await;
            assert_eq!(reason(&refused.expect_err("nothing given")), "EVIDENCE_MISSING");
        }
        assert_eq!(world.owner.late(), 1);
        let seen = world.seen(&world.keeper, &case).await.expect("seen");
        let late: Vec<_> = seen.entries.iter().filter(|entry| entry.kind == "late").collect();
        assert_eq!(late.len(), 1);
        assert_eq!(late[0].findings, ["RESOURCE_REVIEW_LATE"]);
    }
}
