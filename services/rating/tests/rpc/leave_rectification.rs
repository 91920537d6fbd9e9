//! Leaving rectification (S-315): the step asks for the star of the last twelve months, which the open
//! case does not hold down.

use kernel::id::OrganizationId;
use proto::rating::v1::OpenCycleRequest;
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::{sign_naming_batch::decided_low, world::World};

/// The facts of the cycle of the year after are frozen, on its freeze day.
async fn next_frozen(world: &World) {
    let next = OpenCycleRequest {
        year: 2026,
        freeze_day: "2027-01-15".into(),
        ..world.opening()
    };
    let cycle = world.opened(next).await;
    world.frozen_on(cycle, "2027-01-15").await;
}

/// A branch named low, listed for rectification, and at work on its plan.
async fn working(world: &World, branch: OrganizationId) {
    let cycle = decided_low(world, branch).await;
    let batch = world.sign(&cycle, &[branch]).await.expect("signed").batch_id;
    world
        .step(&world.clerk, branch, "name_local", &[("naming_batch", &batch)])
        .await
        .expect("named");
    let four = [new_id(), new_id(), new_id(), new_id()].join(",");
    for (who, step, given) in [
        (&world.org_dept, "list", vec![("listing_decision", "列入")]),
        (
            &world.clerk,
            "plan",
            vec![("rect_plan", "方案"), ("four_supports", &*four)],
        ),
        (&world.org_dept, "approve_plan", vec![("plan_reply", "同意")]),
    ] {
        let stepped = world.step_of("rectification", who, branch, step, &given).await;
        stepped.unwrap_or_else(|refused| panic!("{step}: {refused}"));
    }
}

testkit::on_both! {
    async fn acceptance_is_asked_for_with_three_stars_of_the_last_twelve_months(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        working(&world, branch).await;
        world.until("2026-09-15");
        let given = [("acceptance_file", "申请")];
        let ask = || world.step_of("rectification", world.secretary(branch), branch, "ask_acceptance", &given);
        assert_eq!(reason(&ask().await.expect_err("still poor")), "LIVE_STAR_TOO_LOW");

        world.make_good(branch);
        assert_eq!(ask().await.expect("lifted by its own work").state, "acceptance", "S-315");
        let asked = world.peers.asked.lock().expect("asked").clone().expect("the peers were asked");
        assert_eq!((&*asked.first_day, &*asked.last_day, &*asked.freeze_day), ("2025-09-16", "2026-09-15", "2026-09-15"));
        assert_eq!(asked.branch_ids, [branch.to_string()]);
    }

    async fn the_marks_of_before_count_until_those_of_the_next_cycle_are_entered(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        working(&world, branch).await;
        world.make_good(branch);
        next_frozen(&world).await;
        let given = [("acceptance_file", "申请")];
        let asked = world.step_of("rectification", world.secretary(branch), branch, "ask_acceptance", &given).await;
        assert_eq!(asked.expect("lifted by its own work").state, "acceptance", "S-315");
    }
}
