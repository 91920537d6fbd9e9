//! What is counted of branches and groups that moved, or became something else.

use std::sync::Arc;

use access::Node;
use kernel::{Domain, OrganizationKind, id::OrganizationId};
use proto::activity::v1::{
    CollectOwedRequest, DatedRecord, Duty, MeetingContent, activity_service_server::ActivityService,
    record_row::Record,
};
use testkit::{
    database::Database,
    stage::{Person, reason, since},
};

use crate::{
    collect::{counted_at, past},
    collect_owed,
    import_records::{chunk, dated, import, row},
    list_owed,
    world::World,
};

fn known(world: &World, id: OrganizationId) -> Node {
    Arc::unwrap_or_clone(world.stage.scopes().get(id).expect("known"))
}

/// The branch's group stands below the stranger from a day on.
async fn move_group(world: &World, on: &str) {
    let (group, above) = (known(world, world.group), known(world, world.stranger));
    let there = Node {
        path: above.path.iter().copied().chain(world.group.bytes()).collect(),
        ..group.clone()
    };
    world.stage.learn([since(on, &group, there)]).await;
}

fn of_group(world: &World, held_on: &str, present: &[String]) -> MeetingContent {
    MeetingContent {
        group_id: world.group.to_string(),
        present_ids: present.to_vec(),
        ..past(world, &[Duty::Group], held_on, 0..0)
    }
}

async fn share(world: &World, branch: OrganizationId, indicator: &str) -> Result<(i64, i64), String> {
    let count = counted_at(world, branch, &[indicator]).await.remove(0);
    match count.applicable {
        true => Ok((count.numerator, count.denominator)),
        false => Err(count.reason),
    }
}

testkit::on_both! {
    async fn a_group_that_moved_counts_for_each_branch_while_it_stood_there(database: Database) {
        let world = World::open(&database).await;
        let held = "activity.group.held";
        assert_eq!(share(&world, world.branch, held).await, Ok((0, 12)));
        assert_eq!(share(&world, world.stranger, held).await, Err("NO_PARTY_GROUP".into()));
        move_group(&world, "2025-06-15").await;
        let here: Vec<String> = world.people[2..9].iter().map(ToString::to_string).collect();
        let there = [world.fake.add(world.stranger, true, false).to_string()];
        // Of both branches the other one's days are refused.
        for (branch, held_on, present) in [(world.branch, "2025-08-14", &here[..]), (world.stranger, "2025-03-14", &there)] {
            let refused = world.record_at(branch, of_group(&world, held_on, present)).await.expect_err("not then");
            assert_eq!(reason(&refused), "GROUP_NOT_OF_BRANCH");
        }
        world.take_over(world.branch, of_group(&world, "2025-03-14", &here)).await;
        world.take_over(world.stranger, of_group(&world, "2025-08-14", &there)).await;
        assert_eq!(share(&world, world.branch, held).await, Ok((1, 5)), "five full months until then");
        assert_eq!(share(&world, world.stranger, held).await, Ok((1, 6)), "six full months from then on");
    }

    async fn a_group_that_moved_along_with_its_branch_never_left_it(database: Database) {
        let world = World::open(&database).await;
        let above = known(&world, world.stranger).parent().expect("a town");
        let moved = [vec![world.branch], vec![world.branch, world.group]].map(|below| {
            let was = known(&world, *below.last().expect("one"));
            let path: Vec<OrganizationId> = [vec![world.county, above], below].concat();
            since("2025-06-15", &was, Node { path: path.iter().flat_map(|id| id.bytes()).collect(), ..was.clone() })
        });
        world.stage.learn(moved).await;
        assert_eq!(share(&world, world.branch, "activity.group.held").await, Ok((0, 12)));
    }

    async fn a_branch_is_judged_by_its_domain_on_the_last_day_of_the_year(database: Database) {
        let world = World::open(&database).await;
        let bypassed = DatedRecord { admission: String::new(), ..dated("2025-03-01", "2025-04-01", "2025-04-01") };
        let imported = import(&world, chunk(&world, vec![row(1, world.branch, Record::Task(bypassed))])).await;
        assert_eq!(imported.created, 1);
        let village = known(&world, world.branch);
        let school = Node { domain: Some(Domain::School), ..village.clone() };
        let done = async || share(&world, world.branch, "activity.task.done").await;
        assert_eq!(done().await, Err("NO_TASK_DUE".into()), "S-408: villages are not judged on it");
        for (on, counted) in [("2026-01-10", Err("NO_TASK_DUE".into())), ("2025-12-31", Ok((1, 1)))] {
            world.stage.learn([since(on, &village, school.clone())]).await;
            assert_eq!(done().await, counted, "{on}");
        }
    }

    async fn a_branch_that_is_none_any_more_is_counted_for_the_year_in_which_it_was_one(database: Database) {
        let world = World::open(&database).await;
        let branch = known(&world, world.branch);
        let general = Node { kind: OrganizationKind::GeneralBranch, domain: None, ..branch.clone() };
        world.stage.learn([since("2026-01-10", &branch, general)]).await;
        world.take_over(world.branch, past(&world, &[Duty::Theme], "2025-03-14", 2..9)).await;
        assert_eq!(share(&world, world.branch, "activity.theme.held").await, Ok((1, 12)));
        let listed = list_owed::list(&world, list_owed::request(world.county)).await.branches;
        assert_eq!(list_owed::duty(list_owed::of(&listed, world.branch), Duty::Theme).held, 1);
        let owed = async |last_day: &str| {
            let asked = CollectOwedRequest { last_day: last_day.into(), ..collect_owed::request(&[world.branch.to_string()]) };
            world.rpc.collect_owed(Person::service("organization").asks(asked)).await
        };
        assert_eq!(owed("2025-12-31").await.expect("it was one").into_inner().branches.len(), 1);
        assert_eq!(reason(&owed("2026-01-10").await.expect_err("no branch any more")), "NOT_FOUND");
        let late = MeetingContent { completed_on: crate::world::TODAY.into(), ..past(&world, &[Duty::Theme], "2026-01-12", 2..9) };
        let refused = world.record(late).await.expect_err("no branch any more");
        assert_eq!(reason(&refused), "BRANCH_NOT_A_BRANCH");
    }
}
