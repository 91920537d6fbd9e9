//! ImportDevelopmentSteps: what a branch owes and when it did it.

use proto::{
    kernel::v1::ExternalId,
    member::v1::{
        DevelopmentStepRow, ImportDevelopmentStepsRequest, ImportDevelopmentStepsResponse,
        member_service_server::MemberService,
    },
};
use testkit::database::Database;
use testkit::stage::new_id;

use crate::scene::{Scene, counts, errors};

pub(crate) fn step(n: u32, branch: kernel::id::OrganizationId, due: &str, done: &str) -> DevelopmentStepRow {
    DevelopmentStepRow {
        line: n,
        external_id: Some(ExternalId {
            system: "test".into(),
            value: format!("s{n}"),
        }),
        branch_id: branch.to_string(),
        step: "talk".into(),
        rule_version: "2014".into(),
        due_on: due.into(),
        done_on: done.into(),
        case_id: format!("c{n}"),
        since_on: month_before(due),
    }
}

/// The day of the application: a talk is owed within a month of it.
fn month_before(due: &str) -> String {
    due.parse()
        .map(|day| kernel::day::add_months(day, -1).to_string())
        .unwrap_or_else(|_| "2025-05-30".into())
}

pub(crate) async fn import(
    scene: &Scene,
    rows: Vec<DevelopmentStepRow>,
    dry_run: bool,
) -> ImportDevelopmentStepsResponse {
    let request = ImportDevelopmentStepsRequest {
        organization_id: scene.county.to_string(),
        import_id: new_id(),
        chunk: 0,
        rows,
        dry_run,
    };
    let answer = scene
        .rpc
        .import_development_steps(scene.department.asks(request))
        .await;
    answer.expect("imported").into_inner()
}

testkit::on_both! {
    async fn steps_are_taken_over_and_done_later(database: Database) {
        let scene = Scene::open(&database).await;
        scene.advance("2025-07-01");
        let open = step(1, scene.home, "2025-06-30", "");
        let tried = import(&scene, vec![open.clone()], true).await;
        assert_eq!(counts(&tried.result), (1, 0, 0));
        let first = import(&scene, vec![open.clone(), step(2, scene.next, "2025-06-30", "")], false).await;
        assert_eq!(counts(&first.result), (2, 0, 0), "the dry run wrote nothing");
        let done = step(1, scene.home, "2025-06-30", "2025-06-20");
        let again = import(&scene, vec![done, step(2, scene.next, "2025-06-30", "")], false).await;
        assert_eq!(counts(&again.result), (0, 1, 1));
        import(&scene, vec![step(2, scene.next, "2025-06-30", "")], false).await;
        assert_eq!(scene.stage.audited("ImportDevelopmentSteps").await, ["done", "done", "unchanged"]);
    }

    async fn each_wrong_row_is_named(database: Database) {
        let scene = Scene::open(&database).await;
        import(&scene, vec![step(1, scene.home, "2025-06-30", "")], false).await;
        let done = import(&scene, vec![
            step(1, scene.next, "2025-06-30", ""),
            step(2, scene.home, "2025-06-31", ""),
            step(3, scene.far, "2025-06-30", ""),
            step(4, scene.county, "2025-06-30", ""),
            step(5, scene.home, "2025-06-30", ""),
            DevelopmentStepRow { line: 6, ..step(5, scene.home, "2025-06-30", "") },
        ], false).await;
        let expected = [
            (1, "", "STEP_OF_ANOTHER_BRANCH"),
            (2, "due_on", "NOT_A_DAY"),
            (3, "", "BRANCH_UNKNOWN"),
            (4, "", "BRANCH_NOT_A_BRANCH"),
            (6, "", "ROW_REPEATED"),
        ];
        assert_eq!(errors(&done.result), expected.map(|(l, f, r)| (l, f.to_owned(), r.to_owned())));
        assert_eq!(counts(&done.result), (1, 0, 0));
    }

    async fn steps_are_judged_by_the_rules_of_their_day_and_by_their_order(database: Database) {
        let scene = Scene::open(&database).await;
        scene.advance("2025-12-31");
        let of = |n, name: &str, since: &str, due: &str, done: &str| DevelopmentStepRow {
            step: name.into(),
            case_id: "one".into(),
            since_on: since.into(),
            ..step(n, scene.home, due, done)
        };
        let talked = of(1, "talk", "2025-01-10", "2025-02-10", "2025-02-03");
        assert_eq!(counts(&import(&scene, vec![talked.clone()], false).await.result), (1, 0, 0));
        let done = import(&scene, vec![
            of(2, "review_activist", "2025-02-02", "2025-08-02", ""),
            of(3, "review_activist", "2025-02-03", "2025-08-03", "2025-07-30"),
            of(4, "review_activist", "2025-07-30", "2026-01-30", ""),
            of(5, "assembly_full", "2025-07-29", "2025-08-29", ""),
            of(6, "review_activist", "2025-07-30", "2025-12-31", ""),
            of(7, "assembly_admit", "2025-08-01", "2025-09-01", ""),
            of(8, "pre_review", "2025-08-01", "2025-09-01", ""),
            DevelopmentStepRow { rule_version: "2026.05".into(), ..of(9, "talk", "2025-08-01", "2025-09-01", "") },
            of(10, "talk", "2025-11-30", "2025-12-30", "2026-01-01"),
            DevelopmentStepRow { case_id: "other".into(), ..of(11, "talk", "2025-11-30", "2025-12-30", "2025-12-01") },
        ], false).await;
        let expected = [
            (2, "STEP_OUT_OF_ORDER"),
            (5, "STEP_OUT_OF_ORDER"),
            (6, "DEADLINE_NOT_BY_RULE"),
            (7, "STEP_NOT_OWED"),
            (8, "STEP_NOT_OWED"),
            (9, "RULE_NOT_IN_FORCE"),
            (10, "DONE_IN_FUTURE"),
        ];
        assert_eq!(errors(&done.result), expected.map(|(line, reason)| (line, String::new(), reason.to_owned())));
        assert_eq!(counts(&done.result), (3, 0, 0));
        let later = DevelopmentStepRow { done_on: "2025-03-01".into(), ..talked };
        let late = import(&scene, vec![later], false).await;
        assert_eq!(errors(&late.result), [(1, String::new(), "STEP_OUT_OF_ORDER".to_owned())], "it was reviewed since");
    }
}
