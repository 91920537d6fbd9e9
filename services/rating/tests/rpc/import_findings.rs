use kernel::id::OrganizationId;
use proto::{
    kernel::v1::{ExternalId, ImportResult},
    rating::v1::{FindingRow, ImportFindingsRequest, rating_service_server::RatingService},
};
use testkit::{database::Database, stage::new_id};

use crate::world::World;

pub(crate) fn finding(line: u32, id: &str, branch: OrganizationId) -> FindingRow {
    FindingRow {
        line,
        external_id: Some(ExternalId {
            system: "inspection".into(),
            value: id.into(),
        }),
        branch_id: branch.to_string(),
        title: "会议记录不规范".into(),
        found_on: "2025-03-01".into(),
        due_on: "2025-06-01".into(),
        ..Default::default()
    }
}

pub(crate) async fn import(world: &World, rows: Vec<FindingRow>, dry_run: bool) -> ImportResult {
    let request = ImportFindingsRequest {
        organization_id: world.county.to_string(),
        import_id: new_id(),
        chunk: 0,
        rows,
        dry_run,
    };
    let answer = world
        .rpc
        .import_findings(world.org_dept.asks(request))
        .await
        .expect("an answer");
    answer.into_inner().result.expect("a result")
}

testkit::on_both! {
    async fn good_rows_go_in_and_each_wrong_one_is_named_by_its_line(database: Database) {
        let world = World::open(&database, 2).await;
        let [a, b] = world.branches[..] else { panic!("two branches") };
        let closed = |line: u32, by: &str, confirmed: &str| FindingRow {
            closed_on: "2025-05-01".into(),
            closed_by: by.into(),
            confirmed_by: confirmed.into(),
            closing_evidence: "整改报告".into(),
            ..finding(line, &format!("f{line}"), a)
        };
        let (one, other) = (new_id(), new_id());
        let rows = vec![
            closed(1, &one, &other),
            closed(2, &one, &one),
            closed(3, &one, ""),
            FindingRow { due_on: "2025-02-01".into(), ..finding(4, "f4", a) },
            finding(5, "f5", OrganizationId::new()),
            finding(6, "f6", world.town),
            finding(7, "f1", a),
            FindingRow { title: String::new(), ..finding(8, "f8", a) },
            FindingRow { closing_evidence: String::new(), ..closed(9, &one, &other) },
        ];
        assert_eq!(import(&world, rows.clone(), true).await.created, 1, "a dry run");
        let result = import(&world, rows, false).await;
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        let expected = [
            (2, "CONFIRMED_BY_SAME_PERSON"),
            (3, "SECOND_PERSON_MISSING"),
            (4, "DUE_BEFORE_FOUND"),
            (5, "BRANCH_UNKNOWN"),
            (6, "BRANCH_UNKNOWN"),
            (7, "ROW_REPEATED"),
            (8, "STRING_MIN_LEN"),
            (9, "CLOSING_EVIDENCE_MISSING"),
        ];
        assert_eq!((result.created, &errors[..]), (1, &expected[..]), "S-121");
        let moved = import(&world, vec![finding(1, "f1", b)], false).await;
        assert_eq!(moved.errors[0].reason, "BRANCH_CHANGED");
    }

    async fn days_that_cannot_be_and_titles_of_blanks_are_refused(database: Database) {
        let world = World::open(&database, 1).await;
        let of = |line: u32| finding(line, &format!("f{line}"), world.branches[0]);
        world.until("2025-06-02");
        let closed = |line: u32, on: &str| FindingRow {
            closed_on: on.into(),
            closed_by: new_id(),
            confirmed_by: new_id(),
            closing_evidence: "整改报告".into(),
            ..of(line)
        };
        let rows = vec![
            closed(1, "2025-06-02"),
            FindingRow { found_on: "2025-06-03".into(), due_on: "2025-07-01".into(), ..closed(2, "2025-06-04") },
            FindingRow { found_on: "1950-01-01".into(), due_on: "1950-06-01".into(), ..of(3) },
            FindingRow { due_on: "2199-12-31".into(), ..of(4) },
            FindingRow { title: " \u{3000} ".into(), found_on: "2025-06-03".into(), ..of(5) },
        ];
        let result = import(&world, rows, false).await;
        let errors: Vec<_> =
            result.errors.iter().map(|e| (e.line, e.field.as_str(), e.reason.as_str())).collect();
        let expected = [
            (2, "found_on", "DAY_IN_FUTURE"),
            (2, "closed_on", "DAY_IN_FUTURE"),
            (3, "", "DAY_OUTSIDE_EXISTENCE"),
            (4, "", "DUE_OUT_OF_REACH"),
            (5, "title", "STRING_PATTERN"),
            (5, "found_on", "DAY_IN_FUTURE"),
        ];
        assert_eq!((result.created, &errors[..]), (1, &expected[..]), "S-121");
    }

    async fn importing_again_says_unchanged_and_an_open_one_again_counts_as_reopened(database: Database) {
        let world = World::open(&database, 1).await;
        let open = finding(1, "f", world.branches[0]);
        let closed = FindingRow {
            closed_on: "2025-05-01".into(),
            closed_by: new_id(),
            confirmed_by: new_id(),
            closing_evidence: "整改报告".into(),
            ..open.clone()
        };
        assert_eq!(import(&world, vec![open.clone()], false).await.created, 1);
        assert_eq!(import(&world, vec![open.clone()], false).await.unchanged, 1);
        assert_eq!(import(&world, vec![closed.clone()], false).await.updated, 1);
        assert_eq!(import(&world, vec![open.clone()], false).await.updated, 1);
        assert_eq!(crate::list_findings::all(&world).await[0].reopened, 1);
        assert_eq!(import(&world, vec![open], false).await.unchanged, 1);
        let audited = world.stage.audited("ImportFindings").await;
        assert_eq!(audited, ["done", "unchanged", "done", "done", "unchanged"]);
    }

    async fn imports_of_the_same_findings_at_once_register_each_once(database: Database) {
        let world = World::open(&database, 1).await;
        let rows: Vec<FindingRow> =
            (1..=50).map(|line| finding(line, &format!("f{line}"), world.branches[0])).collect();
        let all = futures::future::join_all((0..4).map(|_| import(&world, rows.clone(), false))).await;
        let created: u32 = all.iter().map(|one| one.created).sum();
        let unchanged: u32 = all.iter().map(|one| one.unchanged).sum();
        assert_eq!((created, unchanged), (50, 150), "S-121");
        assert_eq!(crate::list_findings::all(&world).await.len(), 50);
    }
}
