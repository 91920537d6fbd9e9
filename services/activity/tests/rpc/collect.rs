use activity::indicators::Indicators;
use futures::StreamExt;
use kernel::id::RecordId;
use proto::{
    activity::v1::{Duty, record_row::Record},
    indicator::v1::{
        BranchCounts, CollectRequest, Count, ListIndicatorsRequest, collect_response::Part,
        indicator_service_server::IndicatorService,
    },
    member::v1::Cadre,
    organization::v1::Office,
};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::{
    import_records::{chunk, dated, import, review, row},
    world::World,
};

fn served(world: &World) -> runtime::desk::indicator::Indicators<Indicators> {
    runtime::desk::indicator::Indicators {
        desk: world.stage.desk.clone(),
        store: world.stage.store.clone(),
        counter: Indicators(world.rpc.app.clone()),
    }
}

fn request(world: &World, indicators: &[&str]) -> CollectRequest {
    CollectRequest {
        organization_id: world.county.to_string(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
        freeze_day: "2026-01-15".into(),
        indicators: indicators.iter().map(|id| (*id).to_owned()).collect(),
        branch_ids: Vec::new(),
    }
}

/// The counts of the branch.
async fn counted(world: &World, indicators: &[&str]) -> Vec<Count> {
    let head = world.head().await;
    let asked = Person::service("rating").asks(request(world, indicators));
    let stream = served(world).collect(asked).await.expect("a stream").into_inner();
    let parts: Vec<Part> = stream
        .filter_map(|part| async { part.expect("a part").part })
        .collect()
        .await;
    let [Part::Source(source), Part::Batch(batch)] = parts.as_slice() else {
        panic!("{parts:?}")
    };
    assert_eq!((source.service.as_str(), source.position), ("activity", head));
    let of = |one: &&BranchCounts| one.branch_id == world.branch.to_string();
    batch.branches.iter().find(of).expect("the branch").counts.clone()
}

async fn share(world: &World, indicator: &str) -> (i64, i64) {
    let counts = counted(world, &[indicator]).await;
    assert!(counts[0].applicable, "{indicator}: {}", counts[0].reason);
    (counts[0].numerator, counts[0].denominator)
}

testkit::on_both! {
    async fn seventeen_indicators_are_kept_and_the_others_say_that_they_are_not(database: Database) {
        let world = World::open(&database).await;
        let asked = Person::service("rating").asks(ListIndicatorsRequest {});
        let listed = served(&world).list_indicators(asked).await.expect("a list").into_inner().indicators;
        assert_eq!(listed.iter().filter(|one| one.kept).count(), 17);
        let counts = counted(&world, &[]).await;
        for (line, count) in listed.iter().zip(&counts) {
            assert_eq!((&line.id, line.kept), (&count.indicator, count.reason != "NOT_KEPT_YET"));
        }
    }

    async fn leaders_are_counted_at_the_meetings_of_their_own_branch(database: Database) {
        let world = World::open(&database).await;
        world.post(Office::Secretary, world.people[2], "2024-01-01").await;
        world.post(Office::GroupLeader, world.people[5], "2024-01-01").await;
        let cadre = |person: usize| Cadre {
            person_id: world.people[person].to_string(),
            branch_id: world.branch.to_string(),
            from: "2024-01-01".into(),
            until: String::new(),
        };
        world.told("member.cadre", RecordId::new(), 1, Some(&cadre(9))).await;
        let mut lecture = world.content(&[Duty::Lecture, Duty::Theme], "2025-03-14", 2..9);
        lecture.lecturer_ids = vec![world.people[2].to_string()];
        world.record(lecture).await.expect("recorded");
        let mut excused = world.content(&[Duty::Theme], "2025-04-14", 2..9);
        excused.leave_ids = vec![world.people[9].to_string()];
        world.record(excused).await.expect("recorded");
        let mut late = world.content(&[Duty::Theme], "2025-05-14", 2..10);
        late.completed_on = "2026-01-16".into();
        world.record(late).await.expect("recorded");
        assert_eq!(share(&world, "activity.leader.attendance").await, (2, 3), "S-322; complete after the freeze");
        assert_eq!(share(&world, "activity.leader.lecture").await, (1, 2));
        assert_eq!(share(&world, "activity.record.timely").await, (2, 3));
        assert_eq!(share(&world, "activity.theme.held").await, (2, 12));
    }

    async fn records_count_when_they_fell_due_and_were_done_in_time(database: Database) {
        let world = World::open(&database).await;
        let unconfirmed =
            proto::activity::v1::DatedRecord { confirmed: false, ..dated("2025-03-01", "2025-04-01", "2025-03-30") };
        let rows = vec![
            row(1, world.branch, Record::Task(dated("2025-03-01", "2025-04-01", "2025-04-01"))),
            row(2, world.branch, Record::Task(dated("2025-03-01", "2025-04-01", "2025-04-02"))),
            row(3, world.branch, Record::Task(dated("2025-03-01", "2026-04-01", "2025-04-02"))),
            row(4, world.branch, Record::Ticket(unconfirmed)),
            row(5, world.branch, Record::Resolution(dated("2025-03-01", "2025-04-01", "2025-03-03"))),
            row(6, world.branch, Record::Goal(dated("2025-03-01", "2025-12-20", "2025-12-20"))),
            row(7, world.branch, Record::Review(review("2026-01-08", 9, 3, 5))),
        ];
        assert_eq!(import(&world, chunk(&world, rows)).await.created, 7);
        assert_eq!(share(&world, "activity.task.done").await, (1, 2));
        assert_eq!(share(&world, "activity.ticket.closed").await, (0, 1));
        assert_eq!(share(&world, "activity.resolution.done").await, (1, 1));
        assert_eq!(share(&world, "activity.goal.reached").await, (1, 1));
        assert_eq!(share(&world, "activity.review.graded").await, (8, 9), "R-117");
    }

    async fn people_do_not_collect_and_indicators_of_others_are_unknown(database: Database) {
        let world = World::open(&database).await;
        let Err(person) = served(&world).collect(world.org_dept.asks(request(&world, &[]))).await else {
            panic!("a person collects")
        };
        assert_eq!(reason(&person), "SERVICE_ONLY");
        let foreign = Person::service("rating").asks(request(&world, &["member.dues.paid"]));
        let Err(unknown) = served(&world).collect(foreign).await else { panic!("counted") };
        assert_eq!(reason(&unknown), "INDICATOR_UNKNOWN");
    }
}
