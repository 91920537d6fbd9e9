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
    }
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
        let open = step(1, scene.home, "2025-06-30", "");
        let tried = import(&scene, vec![open.clone()], true).await;
        assert_eq!(counts(&tried.result), (1, 0, 0));
        let first = import(&scene, vec![open.clone(), step(2, scene.next, "2025-06-30", "")], false).await;
        assert_eq!(counts(&first.result), (2, 0, 0), "the dry run wrote nothing");
        let done = step(1, scene.home, "2025-06-30", "2025-06-20");
        let again = import(&scene, vec![done, step(2, scene.next, "2025-06-30", "")], false).await;
        assert_eq!(counts(&again.result), (0, 1, 1));
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
}
