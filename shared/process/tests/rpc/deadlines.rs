//! Deadlines that run out though nobody acts.

use proto::process::v1::Entry;
use testkit::{database::Database, stage::Stage};

use crate::world::{World, served};

async fn late(world: &World, case: &proto::process::v1::Case) -> Vec<Entry> {
    let whole = world.seen(&world.reviewer, case).await.expect("a case");
    whole
        .entries
        .into_iter()
        .filter(|entry| entry.kind == "late")
        .collect()
}

testkit::on_both! {
    async fn ten_timers_make_one_finding_of_one_deadline(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.turn_to("2025-06-30");
        let keeper = &world.served.keeper;
        assert_eq!((keeper.due().await.expect("due"), keeper.sweep().await.expect("swept")), (0, 0), "the last day is in time");
        world.turn_to("2025-07-01");
        assert_eq!(keeper.due().await.expect("due"), 1);
        let replica = Stage::replica(&database, "resource", process::keeper::migration::all).await;
        replica.clock.advance(world.stage.clock.now()).expect("the same time");
        let other = served(&replica, world.owner.clone()).keeper;
        let timers = (0..10).map(|k| if k % 2 == 0 { keeper.sweep() } else { other.sweep() });
        let done: u64 = futures::future::join_all(timers).await.into_iter().map(|swept| swept.expect("swept")).sum();
        assert_eq!((done, keeper.due().await.expect("due")), (1, 0));
        let late = late(&world, &case).await;
        assert_eq!(late.len(), 1);
        assert_eq!((late[0].on.as_str(), late[0].findings.clone()), ("2025-07-01", vec!["RESOURCE_REVIEW_LATE".to_owned()]));
        assert_eq!(world.owner.late(), 1, "its effect happened once");
    }

    async fn a_clock_moves_a_case_to_what_is_proposed_and_a_person_decides(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let case = world.take(&world.reviewer, &case, "review", "quality_review").await;
        world.turn_to("2025-06-05");
        let case = world.take(&world.org_dept, &case, "admit", "admission_batch").await;
        world.turn_to("2028-06-06");
        assert_eq!(world.served.keeper.sweep().await.expect("swept"), 1);
        let now = world.seen(&world.reviewer, &case).await.expect("a case").case.expect("a case");
        assert_eq!((now.state.as_str(), now.revision), ("retire_proposed", case.revision));
        let waiting = world.waiting(&world.org_dept).await;
        assert_eq!(waiting, Vec::<String>::new(), "its clock has only begun");
        world.turn_to("2028-06-30");
        assert_eq!(world.waiting(&world.org_dept).await, ["confirm_retire"]);
    }

    async fn many_cases_are_swept_in_batches_and_none_is_left(database: Database) {
        let world = World::open(&database).await;
        for _ in 0..120 {
            world.submitted("material").await;
        }
        world.turn_to("2025-07-01");
        assert_eq!(world.served.keeper.due().await.expect("due"), 120);
        assert_eq!(world.served.keeper.sweep().await.expect("swept"), 120);
        assert_eq!(world.served.keeper.due().await.expect("due"), 0);
    }

    async fn a_day_that_the_calendar_does_not_know_has_no_effect_and_keeps_nobody_waiting(database: Database) {
        let world = World::open(&database).await;
        world.turn_to("2030-03-01");
        let case = world.submitted("material").await;
        world.turn_to("2030-06-01");
        assert_eq!(world.served.keeper.due().await.expect("due"), 1);
        assert_eq!(world.served.keeper.sweep().await.expect("swept"), 0);
        assert_eq!(world.served.keeper.due().await.expect("due"), 0, "until tomorrow");
        assert!(late(&world, &case).await.is_empty());
    }

    async fn a_step_taken_in_time_leaves_nothing_to_fall_due(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.turn_to("2025-06-30");
        world.take(&world.org_dept, &case, "refuse", "return_reason").await;
        world.turn_to("2025-12-31");
        assert_eq!(world.served.keeper.due().await.expect("due"), 0);
    }

    async fn one_case_that_cannot_be_written_does_not_keep_the_others(database: Database) {
        let world = World::open(&database).await;
        let broken = world.submitted("material").await;
        let good = world.submitted("material").await;
        world.turn_to("2025-07-01");
        world.owner.break_on(&broken.id);
        assert_eq!(world.served.keeper.sweep().await.expect("swept"), 1);
        assert_eq!(world.served.keeper.due().await.expect("due"), 1);
        assert_eq!((late(&world, &broken).await.len(), late(&world, &good).await.len()), (0, 1));
    }
}
