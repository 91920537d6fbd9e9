use kernel::{Role, id::OrganizationId};
use proto::{
    activity::v1::{
        Duty, ImportMeetingsRequest, ListMeetingsRequest, Meeting, MeetingContent, MeetingRow,
        activity_service_server::ActivityService,
    },
    kernel::v1::{ExternalId, ImportResult},
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};
use tonic::Status;

use crate::world::World;

fn row(line: u32, branch: OrganizationId, content: MeetingContent) -> MeetingRow {
    let external_id = Some(ExternalId {
        system: "county".into(),
        value: format!("m{line}"),
    });
    MeetingRow {
        line,
        external_id,
        branch_id: branch.to_string(),
        content: Some(content),
    }
}

fn chunk(world: &World, rows: Vec<MeetingRow>) -> ImportMeetingsRequest {
    ImportMeetingsRequest {
        organization_id: world.county.to_string(),
        import_id: new_id(),
        chunk: 0,
        rows,
        dry_run: false,
    }
}

async fn import(world: &World, request: ImportMeetingsRequest) -> Result<ImportResult, Status> {
    let answer = world
        .rpc
        .import_meetings(world.org_dept.asks(request))
        .await?
        .into_inner();
    Ok(answer.result.expect("a result"))
}

async fn listed(world: &World) -> Vec<Meeting> {
    let request = ListMeetingsRequest {
        organization_id: world.county.to_string(),
        first_day: "2000-01-01".into(),
        last_day: "2026-12-31".into(),
        page_size: 1000,
        ..Default::default()
    };
    world
        .rpc
        .list_meetings(world.org_dept.asks(request))
        .await
        .expect("a page")
        .into_inner()
        .meetings
}

fn counts(result: &ImportResult) -> (u32, u32, u32) {
    (result.created, result.updated, result.unchanged)
}

fn errors(result: &ImportResult) -> Vec<(u32, &str)> {
    result
        .errors
        .iter()
        .map(|error| (error.line, error.reason.as_str()))
        .collect()
}

testkit::on_both! {
    async fn good_rows_go_in_and_each_wrong_one_is_named_by_line(database: Database) {
        let world = World::open(&database).await;
        let theme = |held_on: &str| world.content(&[Duty::Theme], held_on, 0..8);
        let stranger = world.fake.add(world.stranger, true, false);
        let mut away = theme("2025-03-14");
        away.present_ids = vec![stranger.to_string()];
        let mut unknown = row(4, OrganizationId::new(), theme("2025-03-14"));
        let repeated = MeetingRow { line: 5, ..row(1, world.branch, theme("2025-04-14")) };
        let mut nameless = row(9, world.branch, theme("2025-04-14"));
        nameless.external_id = None;
        unknown.line = 4;
        let rows = vec![
            row(1, world.branch, theme("2025-03-14")),
            row(2, world.branch, away.clone()),
            row(3, world.town, theme("2025-03-14")),
            unknown,
            repeated,
            row(6, world.branch, theme("2026-01-21")),
            row(7, world.stranger, away),
            row(8, world.branch, MeetingContent { topic: String::new(), ..theme("2025-13-01") }),
            nameless,
        ];
        let result = import(&world, chunk(&world, rows)).await.expect("imported");
        assert_eq!(counts(&result), (2, 0, 0));
        let named = errors(&result);
        assert_eq!(named[..5], [
            (2, "PERSON_NOT_ON_ROLL"),
            (3, "BRANCH_NOT_A_BRANCH"),
            (4, "BRANCH_UNKNOWN"),
            (5, "ROW_REPEATED"),
            (6, "HELD_IN_FUTURE"),
        ]);
        assert_eq!(named[5..].iter().map(|(line, _)| *line).collect::<std::collections::BTreeSet<_>>(), [8, 9].into());
        assert!(result.errors.iter().all(|error| !error.message.is_empty()));
        assert_eq!(listed(&world).await.len(), 2);
        assert_eq!(world.fake.asked(), 1, "one question for the whole chunk");
    }

    async fn a_dry_run_says_the_same_and_writes_nothing(database: Database) {
        let world = World::open(&database).await;
        let rows = vec![
            row(1, world.branch, world.content(&[Duty::Theme], "2025-03-14", 0..8)),
            row(2, world.branch, world.content(&[Duty::Theme], "2026-03-14", 0..8)),
        ];
        let wet = chunk(&world, rows);
        let dry = ImportMeetingsRequest { dry_run: true, ..wet.clone() };
        let before = world.head().await;
        let said = import(&world, dry).await.expect("said");
        assert!(said.dry_run);
        assert_eq!((counts(&said), errors(&said)), ((1, 0, 0), vec![(2, "HELD_IN_FUTURE")]));
        assert_eq!((world.head().await, listed(&world).await.len()), (before, 0));
        let done = import(&world, wet).await.expect("imported");
        assert_eq!((counts(&done), errors(&done)), (counts(&said), errors(&said)));
    }

    async fn a_chunk_sent_again_gives_its_answer_and_another_under_its_name_is_refused(database: Database) {
        let world = World::open(&database).await;
        let request = chunk(&world, vec![row(1, world.branch, world.content(&[Duty::Theme], "2025-03-14", 0..8))]);
        let first = import(&world, request.clone()).await.expect("imported");
        assert_eq!(import(&world, request.clone()).await.expect("again"), first);
        let other = row(2, world.branch, world.content(&[Duty::Theme], "2025-04-14", 0..8));
        let reused = import(&world, ImportMeetingsRequest { rows: vec![other], ..request }).await;
        assert_eq!(reason(&reused.expect_err("refused")), "CHUNK_REUSED");
        assert_eq!(listed(&world).await.len(), 1);
    }

    async fn what_is_known_is_unchanged_or_updated_under_its_own_id(database: Database) {
        let world = World::open(&database).await;
        let said = world.content(&[Duty::Theme], "2025-03-14", 0..8);
        let other = world.content(&[Duty::Theme], "2025-04-14", 0..8);
        let rows = vec![row(1, world.branch, said.clone()), row(2, world.branch, other.clone())];
        import(&world, chunk(&world, rows)).await.expect("imported");
        let before = listed(&world).await;
        let rows = vec![
            row(1, world.branch, said),
            row(2, world.branch, MeetingContent { topic: "改".into(), ..world.content(&[Duty::Theme], "2025-04-15", 2..4) }),
        ];
        let again = import(&world, chunk(&world, rows)).await.expect("imported");
        assert_eq!(counts(&again), (0, 1, 1));
        let after = listed(&world).await;
        assert_eq!((&after[1], &after[0].id), (&before[1], &before[0].id));
        assert_eq!((after[0].version, after[0].full_present, after[0].held), (2, 2, false), "judged anew");
        let moved = import(&world, chunk(&world, vec![row(1, world.neighbour, other)])).await.expect("answered");
        assert_eq!(errors(&moved), [(1, "BRANCH_CHANGED")]);
        assert_eq!(world.stage.audited("ImportMeetings").await, ["done", "done", "unchanged"]);
    }

    async fn a_branch_outside_the_import_answers_as_one_that_does_not_exist(database: Database) {
        let world = World::open(&database).await;
        let town = Person::with(&[(Role::OrgDept, world.town)]);
        let rows = vec![
            row(1, world.stranger, world.content(&[Duty::Theme], "2025-03-14", 0..0)),
            row(2, OrganizationId::new(), world.content(&[Duty::Theme], "2025-03-14", 0..0)),
        ];
        let request = ImportMeetingsRequest { organization_id: world.town.to_string(), ..chunk(&world, rows) };
        let answer = world.rpc.import_meetings(town.asks(request)).await.expect("answered").into_inner();
        let result = answer.result.expect("a result");
        assert_eq!(errors(&result), [(1, "BRANCH_UNKNOWN"), (2, "BRANCH_UNKNOWN")]);
        assert_eq!(result.errors[0].message, result.errors[1].message);
        let clerk = world.rpc.import_meetings(world.clerk.asks(chunk(&world, vec![
            row(3, world.branch, world.content(&[Duty::Theme], "2025-03-14", 0..8)),
        ])));
        assert_eq!(reason(&clerk.await.expect_err("refused")), "ROLE_MISSING");
    }

    async fn two_imports_of_the_same_rows_at_once_make_each_meeting_once(database: Database) {
        let world = World::open(&database).await;
        let rows: Vec<_> = (1..=60)
            .map(|k| row(k, world.branch, world.content(&[Duty::Theme], "2025-03-14", 0..8)))
            .collect();
        let calls = (0..4).map(|_| import(&world, chunk(&world, rows.clone())));
        let outcomes = futures::future::join_all(calls).await;
        let created: u32 = outcomes.iter().flatten().map(|result| result.created).sum();
        assert_eq!((created, listed(&world).await.len()), (60, 60));
        for refused in outcomes.iter().filter_map(|one| one.as_ref().err()) {
            assert_eq!(reason(refused), "CONCURRENT_CHANGE", "and may be sent again");
        }
    }

    async fn a_full_chunk_with_its_attendance_goes_in_at_once(database: Database) {
        let world = World::open(&database).await;
        let crowd: Vec<String> = (0..60).map(|_| world.fake.add(world.branch, true, false).to_string()).collect();
        let content = MeetingContent {
            present_ids: crowd,
            ..world.content(&[Duty::Theme, Duty::Assembly], "2025-03-14", 0..0)
        };
        let rows: Vec<_> = (1..=500).map(|k| row(k, world.branch, content.clone())).collect();
        let before = world.head().await;
        let result = import(&world, chunk(&world, rows)).await.expect("imported");
        assert_eq!((counts(&result), result.errors.len()), ((500, 0, 0), 0));
        assert_eq!(world.head().await, before + 500, "an event each");
        assert!(listed(&world).await.iter().all(|meeting| meeting.held && meeting.full_present == 60));
    }
}
