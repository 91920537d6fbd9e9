use kernel::id::OrganizationId;
use proto::{
    activity::v1::{
        ContactPoint, DatedRecord, ImportRecordsRequest, Outage, RecordRow, ReviewResult, TrainingSession,
        activity_service_server::ActivityService, record_row::Record,
    },
    kernel::v1::{ExternalId, ImportResult},
};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::world::World;

pub(crate) fn row(line: u32, branch: OrganizationId, record: Record) -> RecordRow {
    let external_id = Some(ExternalId {
        system: "county".into(),
        value: format!("r{line}"),
    });
    RecordRow {
        line,
        external_id,
        branch_id: branch.to_string(),
        record: Some(record),
    }
}

pub(crate) fn dated(raised_on: &str, due_on: &str, done_on: &str) -> DatedRecord {
    DatedRecord {
        title: "任务".into(),
        raised_on: raised_on.into(),
        due_on: due_on.into(),
        done_on: done_on.into(),
        confirmed: !done_on.is_empty(),
        evidence: if done_on.is_empty() {
            String::new()
        } else {
            "e1".into()
        },
        programme: "基层治理年".into(),
        admission: "a1".into(),
        ..Default::default()
    }
}

pub(crate) fn review(held_on: &str, eligible: u32, excellent: u32, good: u32) -> ReviewResult {
    ReviewResult {
        held_on: held_on.into(),
        for_year: 2025,
        eligible,
        excellent,
        good,
        left_out_decisions: (eligible..10).map(|nth| format!("d{nth}")).collect(),
        ..Default::default()
    }
}

fn training(format: &str) -> Record {
    let on = "2025-05-06".into();
    Record::Training(TrainingSession {
        title: "培训".into(),
        on,
        quarter_hours: 8,
        format: format.into(),
    })
}

pub(crate) fn contact(world: &World, from: &str, until: &str) -> Record {
    Record::ContactPoint(ContactPoint {
        person_id: world.people[9].to_string(),
        from: from.into(),
        until: until.into(),
    })
}

pub(crate) fn outage(from: &str, until: &str) -> Record {
    Record::Outage(Outage {
        from: from.into(),
        until: until.into(),
        reason: "机房检修".into(),
    })
}

pub(crate) fn chunk(world: &World, rows: Vec<RecordRow>) -> ImportRecordsRequest {
    ImportRecordsRequest {
        organization_id: world.county.to_string(),
        import_id: new_id(),
        chunk: 0,
        rows,
        dry_run: false,
    }
}

pub(crate) async fn import(world: &World, request: ImportRecordsRequest) -> ImportResult {
    let answer = world
        .rpc
        .import_records(world.org_dept.asks(request))
        .await
        .expect("imported");
    answer.into_inner().result.expect("a result")
}

fn errors(result: &ImportResult) -> Vec<(u32, &str)> {
    result
        .errors
        .iter()
        .map(|error| (error.line, error.reason.as_str()))
        .collect()
}

testkit::on_both! {
    async fn every_kind_goes_in_is_recognized_and_is_updated(database: Database) {
        let world = World::open(&database).await;
        let rows = |done_on: &str| vec![
            row(1, world.branch, Record::Task(dated("2025-03-01", "2025-04-01", done_on))),
            row(2, world.branch, Record::Resolution(dated("2025-03-01", "2025-04-01", ""))),
            row(3, world.branch, Record::Goal(dated("2025-03-01", "2025-04-01", ""))),
            row(4, world.branch, Record::Ticket(dated("2025-03-01", "2025-04-01", ""))),
            row(5, world.branch, Record::Review(review("2026-01-08", 10, 4, 6))),
            row(6, world.branch, training("practice")),
            row(7, world.branch, contact(&world, "2025-01-01", "")),
            row(8, world.branch, outage("2025-05-01", "2025-05-02")),
        ];
        let before = world.head().await;
        let first = import(&world, chunk(&world, rows(""))).await;
        assert_eq!((first.created, first.updated, first.unchanged, errors(&first)), (8, 0, 0, vec![]));
        let again = import(&world, chunk(&world, rows("2025-03-20"))).await;
        assert_eq!((again.created, again.updated, again.unchanged), (0, 1, 7));
        assert_eq!(world.head().await, before + 9, "an event for each that is new or has changed");
    }

    async fn each_wrong_row_is_named_by_line(database: Database) {
        let world = World::open(&database).await;
        let task = |raised: &str, due: &str, done: &str| Record::Task(dated(raised, due, done));
        let rows = vec![
            row(1, world.branch, task("2025-03-01", "2025-02-01", "")),
            row(2, world.branch, task("2025-03-01", "2025-04-01", "2025-02-28")),
            row(3, world.branch, task("2025-03-01", "2025-04-01", "2026-01-21")),
            row(4, world.branch, Record::Review(review("2026-01-08", 10, 5, 5))),
            row(5, world.branch, Record::Review(review("2026-01-08", 10, 4, 7))),
            row(6, world.branch, Record::Review(review("2026-01-08", 11, 4, 6))),
            row(7, world.branch, training("film")),
            RecordRow { record: None, ..row(8, world.branch, training("lecture")) },
            row(9, OrganizationId::new(), training("lecture")),
            RecordRow { line: 10, ..row(11, world.branch, training("lecture")) },
            row(11, world.branch, training("lecture")),
            row(12, world.neighbour, task("2025-05-19", "2025-08-01", "")),
            row(13, world.branch, Record::Review(ReviewResult { left_out_decisions: vec![], ..review("2026-01-08", 9, 3, 6) })),
            row(14, world.branch, Record::Goal(DatedRecord { plan_hash: "h1".into(), ..dated("2025-01-20", "2025-12-15", "") })),
            row(15, world.branch, contact(&world, "2025-05-01", "2025-04-30")),
            row(16, world.branch, contact(&world, "1920-05-01", "")),
            row(17, world.branch, outage("2025-05-02", "2025-05-01")),
            row(18, world.branch, outage("2026-01-20", "2026-01-21")),
        ];
        let result = import(&world, chunk(&world, rows)).await;
        assert_eq!(errors(&result), [
            (1, "DUE_BEFORE_RAISED"),
            (2, "DONE_BEFORE_RAISED"),
            (3, "DONE_IN_FUTURE"),
            (4, "EXCELLENT_OVER_THIRD"),
            (5, "GRADED_OVER_MEMBERS"),
            (6, "GRADED_OVER_MEMBERS"),
            (7, "FORMAT_UNKNOWN"),
            (8, "RECORD_MISSING"),
            (9, "BRANCH_UNKNOWN"),
            (11, "ROW_REPEATED"),
            (12, "DAY_OUTSIDE_EXISTENCE"),
            (13, "LEFT_OUT_WITHOUT_DECISION"),
            (14, "PLAN_INCOMPLETE"),
            (15, "END_BEFORE_START"),
            (16, "DAY_OUTSIDE_EXISTENCE"),
            (17, "END_BEFORE_START"),
            (18, "HELD_IN_FUTURE"),
        ]);
        assert_eq!(result.created, 1);
    }

    async fn a_dry_run_writes_nothing_and_a_chunk_sent_again_gives_its_answer(database: Database) {
        let world = World::open(&database).await;
        let request = chunk(&world, vec![row(1, world.branch, training("lecture"))]);
        let before = world.head().await;
        let said = import(&world, ImportRecordsRequest { dry_run: true, ..request.clone() }).await;
        assert_eq!((said.created, said.dry_run, world.head().await), (1, true, before));
        let first = import(&world, request.clone()).await;
        assert_eq!(import(&world, request.clone()).await, first);
        let other = ImportRecordsRequest { rows: vec![row(2, world.branch, training("lecture"))], ..request };
        let refused = world.rpc.import_records(world.org_dept.asks(other)).await.expect_err("refused");
        assert_eq!(reason(&refused), "CHUNK_REUSED");
        let clerk = world.rpc.import_records(world.clerk.asks(chunk(&world, vec![row(3, world.branch, training("lecture"))])));
        assert_eq!(reason(&clerk.await.expect_err("refused")), "ROLE_MISSING");
    }

    async fn a_goal_of_a_confirmed_plan_is_reached_and_not_lowered(database: Database) {
        let world = World::open(&database).await;
        let goal = |due_on: &str, done_on: &str| {
            let planned = DatedRecord {
                plan_hash: "h1".into(),
                plan_confirmed_on: "2025-01-20".into(),
                ..dated("2025-01-20", due_on, done_on)
            };
            chunk(&world, vec![row(1, world.branch, Record::Goal(planned))])
        };
        import(&world, goal("2025-12-15", "")).await;
        assert_eq!(errors(&import(&world, goal("2026-01-15", "")).await), [(1, "PLAN_CONFIRMED")]);
        assert_eq!(import(&world, goal("2025-12-15", "2025-12-10")).await.updated, 1);
    }

    async fn two_imports_of_the_same_rows_at_once_are_one_and_an_answer_to_come_again(database: Database) {
        let world = World::open(&database).await;
        let replica = world.replica(&database).await;
        let rows = || (1..=40).map(|line| row(line, world.branch, training("lecture"))).collect();
        for round in 0..6 {
            let (one, other) = tokio::join!(
                world.rpc.import_records(world.org_dept.asks(chunk(&world, rows()))),
                replica.import_records(world.org_dept.asks(chunk(&world, rows()))),
            );
            for answer in [one, other] {
                match answer {
                    Ok(answer) => assert_eq!(answer.into_inner().result.expect("a result").errors, [], "{round}"),
                    Err(refused) => assert_eq!(reason(&refused), "CONCURRENT_CHANGE", "{round}"),
                }
            }
            let again = import(&world, chunk(&world, rows())).await;
            assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 40));
            assert_eq!(world.stage.audited("ImportRecords").await.last().expect("audited"), "unchanged");
        }
    }
}
