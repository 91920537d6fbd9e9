//! ImportDuesSheets: by the tier table, whole sheets, once.

use proto::member::v1::{
    DuesClass, DuesLine, DuesSheetRow, ImportDuesSheetsRequest, ImportDuesSheetsResponse,
    member_service_server::MemberService,
};
use testkit::database::Database;
use testkit::stage::new_id;

use crate::scene::{Scene, counts, errors, row};

pub(crate) fn line(person: &str, paid_on: &str) -> DuesLine {
    DuesLine {
        person_id: person.into(),
        class: DuesClass::Wage.into(),
        base_fen: 300_001,
        due_fen: 3_000,
        paid_fen: if paid_on.is_empty() { 0 } else { 3_000 },
        paid_on: paid_on.into(),
        relieved: false,
    }
}

pub(crate) fn sheet(
    n: u32,
    branch: kernel::id::OrganizationId,
    month: &str,
    lines: Vec<DuesLine>,
) -> DuesSheetRow {
    DuesSheetRow {
        line: n,
        branch_id: branch.to_string(),
        month: month.into(),
        lines,
        quarterly: false,
    }
}

pub(crate) async fn import(
    scene: &Scene,
    rows: Vec<DuesSheetRow>,
    dry_run: bool,
) -> ImportDuesSheetsResponse {
    let request = ImportDuesSheetsRequest {
        organization_id: scene.county.to_string(),
        import_id: new_id(),
        chunk: 0,
        rows,
        dry_run,
    };
    scene
        .rpc
        .import_dues_sheets(scene.department.asks(request))
        .await
        .expect("imported")
        .into_inner()
}

testkit::on_both! {
    async fn a_sheet_is_taken_over_corrected_and_known(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home), row(2, scene.home)]).await;
        let open = sheet(1, scene.home, "2025-05-01", vec![line(&ids[0], "2025-05-20"), line(&ids[1], "")]);
        assert_eq!(counts(&import(&scene, vec![open.clone()], true).await.result), (1, 0, 0));
        assert_eq!(counts(&import(&scene, vec![open.clone()], false).await.result), (1, 0, 0));
        assert_eq!(counts(&import(&scene, vec![open.clone()], false).await.result), (0, 0, 1));
        assert_eq!(scene.stage.audited("ImportDuesSheets").await.last().expect("audited"), "unchanged");
        let paid = sheet(1, scene.home, "2025-05-01", vec![line(&ids[0], "2025-05-20"), line(&ids[1], "2025-06-01")]);
        assert_eq!(counts(&import(&scene, vec![paid], false).await.result), (0, 1, 0));
        let mut based = open;
        based.lines[0].base_fen = 300_002;
        assert_eq!(counts(&import(&scene, vec![based], false).await.result), (0, 1, 0), "another base is a change");
    }

    async fn every_wrong_line_is_named_with_its_place(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home), row(2, scene.next)]).await;
        let marginal = DuesLine { due_fen: 1_500, ..line(&ids[0], "") };
        let dayless = DuesLine { paid_fen: 3_000, ..line(&ids[0], "") };
        let done = import(&scene, vec![
            sheet(1, scene.home, "2025-01-01", vec![marginal]),
            sheet(2, scene.home, "2025-02-01", vec![dayless, line(&ids[0], "")]),
            sheet(3, scene.home, "2025-03-01", vec![line(&ids[0], ""), line(&ids[1], ""), line(&new_id(), "")]),
            sheet(4, scene.home, "2025-04-02", vec![line(&ids[0], "")]),
            sheet(5, scene.temporary, "2025-04-01", vec![line(&ids[0], "")]),
            sheet(6, scene.far, "2025-04-01", vec![line(&ids[0], "")]),
            sheet(7, scene.home, "2025-05-01", vec![line(&ids[0], "")]),
            sheet(8, scene.home, "2025-05-01", vec![line(&ids[0], "")]),
            sheet(9, scene.home, "2011-05-01", vec![line(&ids[0], "")]),
        ], false).await;
        let expected = [
            (1, "lines[0].due_fen", "DUES_NOT_BY_TIER"),
            (2, "lines[0].paid_on", "PAID_WITHOUT_DAY"),
            (2, "lines[1].person_id", "LINE_REPEATED"),
            (3, "lines[1].person_id", "PERSON_UNKNOWN"),
            (3, "lines[2].person_id", "PERSON_UNKNOWN"),
            (4, "", "NOT_A_MONTH"),
            (5, "", "TEMPORARY_ORG"),
            (6, "", "BRANCH_UNKNOWN"),
            (8, "", "ROW_REPEATED"),
            (9, "lines[0].person_id", "PERSON_UNKNOWN"),
        ];
        assert_eq!(errors(&done.result), expected.map(|(l, f, r)| (l, f.to_owned(), r.to_owned())));
        assert_eq!(counts(&done.result), (1, 0, 0));
    }

    async fn nothing_is_paid_before_its_time_nor_owed_before_its_month(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let dayful = DuesLine { paid_fen: 0, ..line(&ids[0], "2025-04-20") };
        let both = DuesLine { due_fen: 1_500, ..line(&ids[0], "2025-06-02") };
        let done = import(&scene, vec![
            sheet(1, scene.home, "2025-05-01", vec![line(&ids[0], "2025-06-02")]),
            sheet(2, scene.home, "2025-04-01", vec![dayful]),
            sheet(3, scene.home, "2025-03-01", vec![both]),
            sheet(4, scene.home, "2025-02-01", vec![line(&ids[0], "1925-02-20")]),
            sheet(5, scene.home, "2025-07-01", vec![line(&ids[0], "")]),
            sheet(6, scene.home, "2025-06-01", vec![line(&ids[0], "2025-06-01")]),
        ], false).await;
        let expected = [
            (1, "lines[0].paid_on", "DAY_IN_FUTURE"),
            (2, "lines[0].paid_on", "DAY_WITHOUT_PAYMENT"),
            (3, "lines[0].due_fen", "DUES_NOT_BY_TIER"),
            (3, "lines[0].paid_on", "DAY_IN_FUTURE"),
            (4, "lines[0].paid_on", "PAID_TOO_EARLY"),
            (5, "", "DAY_IN_FUTURE"),
        ];
        assert_eq!(errors(&done.result), expected.map(|(l, f, r)| (l, f.to_owned(), r.to_owned())));
        assert_eq!(counts(&done.result), (1, 0, 0));
    }
}
