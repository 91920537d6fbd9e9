use kernel::id::OrganizationId;
use proto::{
    activity::v1::{
        DatedRecord, ImportRecordsRequest, RecordRow, ReviewResult, TrainingSession,
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
    }
}

pub(crate) fn review(held_on: &str, eligible: u32, excellent: u32, good: u32) -> ReviewResult {
    ReviewResult {
        held_on: held_on.into(),
        for_year: 2025,
        eligible,
        excellent,
        good,
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
        ];
        let before = world.head().await;
        let first = import(&world, chunk(&world, rows(""))).await;
        assert_eq!((first.created, first.updated, first.unchanged, errors(&first)), (6, 0, 0, vec![]));
        let again = import(&world, chunk(&world, rows("2025-03-20"))).await;
        assert_eq!((again.created, again.updated, again.unchanged), (0, 1, 5));
        assert_eq!(world.head().await, before + 7, "an event for each that is new or has changed");
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
}
