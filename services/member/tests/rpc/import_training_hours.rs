//! ImportTrainingHours: hours of a session count once.

use proto::member::v1::{
    ImportTrainingHoursRequest, ImportTrainingHoursResponse, TrainingHoursRow,
    member_service_server::MemberService,
};
use testkit::database::Database;
use testkit::stage::new_id;

use crate::scene::{Scene, counts, errors, row};

pub(crate) fn hours(n: u32, person: &str, session: &str, quarter_hours: u32) -> TrainingHoursRow {
    TrainingHoursRow {
        line: n,
        person_id: person.into(),
        session: session.into(),
        on: "2025-02-27".into(),
        quarter_hours,
        central: false,
    }
}

fn request(scene: &Scene, rows: Vec<TrainingHoursRow>) -> ImportTrainingHoursRequest {
    ImportTrainingHoursRequest {
        organization_id: scene.county.to_string(),
        import_id: new_id(),
        chunk: 0,
        rows,
        dry_run: false,
    }
}

pub(crate) async fn import(scene: &Scene, rows: Vec<TrainingHoursRow>) -> ImportTrainingHoursResponse {
    let request = scene.department.asks(request(scene, rows));
    scene
        .rpc
        .import_training_hours(request)
        .await
        .expect("imported")
        .into_inner()
}

testkit::on_both! {
    async fn each_wrong_row_is_named_and_a_session_counts_once_r_201(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let first = import(&scene, vec![hours(1, &ids[0], "t1", 44)]).await;
        assert_eq!(counts(&first.result), (1, 0, 0));
        let done = import(&scene, vec![
            hours(1, &ids[0], "t1", 44),
            hours(2, &ids[0], "t1", 44),
            hours(3, &ids[0], "t2", 0),
            hours(4, &new_id(), "t2", 44),
            hours(5, &ids[0], "t2", 44),
        ]).await;
        let found = errors(&done.result);
        assert_eq!(found.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!((found[0].2.as_str(), found[2].2.as_str()), ("ROW_REPEATED", "PERSON_UNKNOWN"));
        assert_eq!(counts(&done.result), (1, 0, 1));
        let more = import(&scene, vec![hours(1, &ids[0], "t1", 88)]).await;
        assert_eq!(errors(&more.result)[0].2, "SESSION_COUNTED");
    }

    async fn hours_are_those_of_a_session_that_has_been_held(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let on = |n, on: &str| TrainingHoursRow { on: on.into(), ..hours(n, &ids[0], &format!("t{n}"), 44) };
        let blank = TrainingHoursRow { session: " \t".into(), ..hours(3, &ids[0], "t3", 44) };
        let done = import(&scene, vec![on(1, "2025-06-01"), on(2, "2025-06-02"), blank]).await;
        let expected = [(2, "on", "DAY_IN_FUTURE"), (3, "session", "STRING_PATTERN")];
        assert_eq!(errors(&done.result), expected.map(|(l, f, r)| (l, f.to_owned(), r.to_owned())));
        assert_eq!(counts(&done.result), (1, 0, 0));
    }

    async fn a_person_of_another_county_is_unknown(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let rows = ImportTrainingHoursRequest {
            organization_id: scene.far_county.to_string(),
            ..request(&scene, vec![hours(1, &ids[0], "t1", 44)])
        };
        let answer = scene.rpc.import_training_hours(scene.far_department.asks(rows)).await.expect("answered");
        assert_eq!(errors(&answer.into_inner().result)[0].2, "PERSON_UNKNOWN");
    }

    async fn two_imports_of_one_session_count_it_once(database: Database) {
        let scene = Scene::open(&database).await;
        let other = scene.replica(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        for n in 0..8 {
            let entry = hours(1, &ids[0], &format!("t{n}"), 44);
            let (one, two) = tokio::join!(import(&scene, vec![entry.clone()]), import(&other, vec![entry]));
            let (one, two) = (counts(&one.result), counts(&two.result));
            assert_eq!((one.0 + two.0, one.2 + two.2), (1, 1), "round {n}");
        }
    }
}
