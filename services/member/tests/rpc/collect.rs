//! The indicators of member, counted from what was imported.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{
    OrganizationKind, Period,
    id::{OrganizationId, PersonId},
    indicator::{Catalogue, Count, NOT_KEPT_YET, Span},
};
use member::{domain::indicator::KEPT, indicators::Indicators, projections::Posts};
use prost::Message;
use proto::{
    feed::v1::Event,
    member::v1::{MemberRow, TrainingHoursRow},
    organization::v1::{Office, Post},
};
use runtime::desk::indicator::Counter;
use storage::consumer::Projection;
use testkit::database::Database;
use testkit::stage::{new_id, node, since};

use crate::{
    import_development_steps::{self, step},
    import_dues_sheets::{self, line, sheet},
    import_training_hours::{self, hours},
    scene::{Scene, row},
};

async fn counts(scene: &Scene, of: OrganizationId) -> BTreeMap<&'static str, Count> {
    let lines: Vec<_> = Catalogue::shipped().of_owner("member").collect();
    let branches = [
        scene.stage.scopes().get(scene.next).expect("known"),
        scene.stage.scopes().get(of).expect("known"),
    ];
    let span = Span {
        period: Period::year(2025).expect("year"),
        freeze_day: "2026-01-15".parse().expect("day"),
    };
    let counter = Indicators(scene.rpc.app.clone());
    let rows = counter
        .count(
            &scene.stage.store.own(),
            &branches.map(|node| Arc::clone(&node)),
            &lines,
            span,
        )
        .await
        .expect("counted");
    assert_eq!(rows.len(), 2);
    lines
        .iter()
        .map(|line| line.id.as_str())
        .zip(rows[1].clone())
        .collect()
}

fn told(counts: &BTreeMap<&str, Count>, id: &str) -> Result<(i64, i64), &'static str> {
    match &counts[id] {
        Count::Applies {
            numerator,
            denominator,
            ..
        } => Ok((*numerator, *denominator)),
        Count::NotApplicable { reason } => Err(reason),
    }
}

fn shown(counts: &BTreeMap<&str, Count>, id: &str) -> Vec<String> {
    match &counts[id] {
        Count::Applies { evidence, .. } => evidence.clone(),
        Count::NotApplicable { reason } => panic!("{reason}"),
    }
}

async fn learn(scene: &Scene, position: u64, version: u64, post: &Post, deleted: bool) {
    let event = Event {
        position,
        kind: "organization.post".into(),
        id: post.id.clone(),
        version,
        deleted,
        body: if deleted { Vec::new() } else { post.encode_to_vec() },
        ..Event::default()
    };
    let tx = scene.stage.store.work("test").await.expect("a unit of work");
    Posts.apply(&tx, &[&event]).await.expect("applied");
    tx.commit(()).await.expect("committed");
}

fn post(scene: &Scene, person: &str, from: &str) -> Post {
    Post {
        id: new_id(),
        organization_id: scene.home.to_string(),
        office: Office::Secretary.into(),
        person_id: person.into(),
        from: from.into(),
        until: String::new(),
        filing: String::new(),
    }
}

testkit::on_both! {
    async fn a_branch_is_counted_from_what_was_imported(database: Database) {
        let scene = Scene::open(&database).await;
        scene.advance("2025-12-31");
        let ids = scene.settle(vec![
            row(1, scene.home),
            MemberRow { phone: String::new(), ..row(2, scene.home) },
            MemberRow { exempt_from: "2025-06-01".into(), ..row(3, scene.home) },
        ]).await;
        import_development_steps::import(&scene, vec![
            step(1, scene.home, "2025-06-30", "2025-06-30"),
            step(2, scene.home, "2025-06-30", ""),
            step(3, scene.home, "2026-01-31", ""),
        ], false).await;
        let sheets = (1..=12).map(|month| {
            let lines = vec![
                line(&ids[0], &format!("2025-{month:02}-20")),
                line(&ids[1], ""),
                proto::member::v1::DuesLine { relieved: true, ..line(&ids[2], "") },
            ];
            sheet(month, scene.home, &format!("2025-{month:02}-01"), lines)
        });
        import_dues_sheets::import(&scene, sheets.collect(), false).await;
        import_training_hours::import(&scene, vec![
            hours(1, &ids[0], "t1", 100),
            TrainingHoursRow { central: true, ..hours(2, &ids[0], "t2", 124) },
            hours(3, &ids[1], "t1", 100),
        ]).await;
        learn(&scene, 1, 1, &post(&scene, &ids[0], "2020-01-01"), false).await;
        learn(&scene, 2, 1, &post(&scene, &PersonId::new().to_string(), "2020-01-01"), false).await;

        let counts = counts(&scene, scene.home).await;
        assert_eq!(told(&counts, "member.count.full"), Ok((3, 1)));
        assert_eq!(told(&counts, "member.development.steps"), Ok((1, 2)));
        assert_eq!(told(&counts, "member.dues.paid"), Ok((12, 24)));
        assert_eq!(told(&counts, "member.training.reached"), Ok((1, 2)));
        assert_eq!(told(&counts, "member.officer.trained"), Ok((1, 2)));
        assert_eq!(told(&counts, "member.record.complete"), Ok((2, 3)));
        assert_eq!(shown(&counts, "member.development.steps"), ["c1 talk@2014", "c2 talk@2014"]);
        let count = shown(&counts, "member.count.full");
        assert!(count[0] == "full=3@2025-12-31" && count[1].starts_with("member@"), "{count:?}");
        let officers = shown(&counts, "member.officer.trained");
        assert_eq!((&officers[..2], officers.len()), (&["trained=1".to_owned(), "officers=2".to_owned()][..], 4));
        for (id, _) in counts.iter().filter(|(id, _)| !KEPT.contains(id)) {
            assert_eq!(told(&counts, id), Err(NOT_KEPT_YET), "{id}");
        }
    }

    async fn who_stands_on_no_line_of_the_sheet_owed_the_month_all_the_same_r_305(database: Database) {
        let scene = Scene::open(&database).await;
        scene.advance("2025-12-31");
        let ids = scene.settle(vec![
            row(1, scene.home),
            MemberRow { branch_since: "2025-11-15".into(), ..row(2, scene.home) },
            MemberRow { branch_until: "2025-02-10".into(), ..row(3, scene.home) },
        ]).await;
        let sheets = (1..=12).map(|month| {
            let lines = vec![line(&ids[0], &format!("2025-{month:02}-20"))];
            sheet(month, scene.home, &format!("2025-{month:02}-01"), lines)
        });
        import_dues_sheets::import(&scene, sheets.collect(), false).await;
        // Twelve months paid; November and December of the second, January of the third, who left in February.
        assert_eq!(told(&counts(&scene, scene.home).await, "member.dues.paid"), Ok((12, 15)));
    }

    async fn payment_by_the_quarter_is_in_time_until_its_end_r_305(database: Database) {
        let scene = Scene::open(&database).await;
        scene.advance("2025-12-31");
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let sheets = (1..=12u32).map(|month| {
            let end = month.div_ceil(3) * 3;
            let lines = vec![line(&ids[0], &format!("2025-{end:02}-20"))];
            let quarterly = month != 1;
            proto::member::v1::DuesSheetRow { quarterly, ..sheet(month, scene.home, &format!("2025-{month:02}-01"), lines) }
        });
        import_dues_sheets::import(&scene, sheets.collect(), false).await;
        assert_eq!(told(&counts(&scene, scene.home).await, "member.dues.paid"), Ok((11, 12)));
    }

    async fn a_branch_is_judged_as_what_it_was_on_the_last_day_of_the_year(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![row(1, scene.home)]).await;
        let place = |kind| node(&[scene.root, scene.county, scene.home], kind);
        let (branch, temporary) = (place(OrganizationKind::Branch), place(OrganizationKind::TemporaryBranch));
        let steps = async || told(&counts(&scene, scene.home).await, "member.development.steps");
        scene.stage.learn([temporary.clone()]).await;
        assert_eq!(steps().await, Err("TEMPORARY_BRANCH"));
        scene.stage.learn([since("2026-01-10", &branch, temporary.clone())]).await;
        assert_eq!(steps().await, Err("NO_STEP_DUE"), "it has been temporary only since");
        scene.stage.learn([since("2025-12-31", &branch, temporary)]).await;
        assert_eq!(steps().await, Err("TEMPORARY_BRANCH"));
    }

    async fn a_post_of_an_older_version_changes_nothing_and_a_gone_one_is_forgotten(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let held = post(&scene, &ids[0], "2020-01-01");
        learn(&scene, 1, 2, &held, false).await;
        learn(&scene, 2, 1, &Post { until: "2020-12-31".into(), ..held.clone() }, false).await;
        assert_eq!(told(&counts(&scene, scene.home).await, "member.officer.trained"), Ok((0, 1)));
        learn(&scene, 3, 3, &held, true).await;
        assert_eq!(told(&counts(&scene, scene.home).await, "member.officer.trained"), Err("NO_TRAINING_DUE"));
    }
}
