//! What member tells the others: strength of branches, leading cadres, members without their sealed fields.

use std::collections::BTreeMap;

use futures::StreamExt;
use prost::Message;
use proto::{
    feed::v1::{Event, SnapshotRequest, feed_service_server::FeedService},
    member::v1::{Cadre, MemberRow, Strength, TransferMemberRequest, member_service_server::MemberService},
};
use testkit::database::Database;
use testkit::stage::{Person, new_id};

use crate::scene::{Scene, identity_number, row};

async fn present(scene: &Scene, kind: &str) -> Vec<Event> {
    storage::feed::advance(&scene.stage.store)
        .await
        .expect("sequenced");
    let (desk, store) = (scene.stage.desk.clone(), scene.stage.store.clone());
    let feed = runtime::desk::feed::Feed::new(desk, store, Default::default());
    let request = Person::service("organization").asks(SnapshotRequest {
        kinds: vec![kind.into()],
    });
    let mut stream = feed.snapshot(request).await.expect("a snapshot").into_inner();
    let mut events = Vec::new();
    while let Some(message) = stream.next().await {
        events.extend(message.expect("a message").events);
    }
    events
}

/// The counts of a branch from each day on.
async fn strength(scene: &Scene, of: kernel::id::OrganizationId) -> BTreeMap<String, (u32, u32, u32)> {
    let steps = present(scene, "member.strength").await;
    let steps = steps
        .iter()
        .map(|event| Strength::decode(event.body.as_slice()).expect("a strength"));
    steps
        .filter(|step| step.branch_id == of.to_string())
        .map(|step| (step.from, (step.full, step.probationary, step.exempt)))
        .collect()
}

fn steps<const N: usize>(steps: [(&str, (u32, u32, u32)); N]) -> BTreeMap<String, (u32, u32, u32)> {
    steps.map(|(day, counts)| (day.to_owned(), counts)).into()
}

fn new_member(n: u32, scene: &Scene) -> MemberRow {
    MemberRow {
        joined_on: "2024-03-15".into(),
        full_on: "2025-03-15".into(),
        branch_since: "2024-03-15".into(),
        ..row(n, scene.home)
    }
}

testkit::on_both! {
    async fn strength_has_a_step_at_each_date_on_which_it_changes(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![
            row(1, scene.home),
            MemberRow { exempt_from: "2024-06-01".into(), exempt_until: "2024-06-30".into(), ..row(2, scene.home) },
            new_member(3, &scene),
        ]).await;
        let expected = steps([
            ("2012-01-01", (2, 0, 0)),
            ("2024-03-15", (2, 1, 0)),
            ("2024-06-01", (2, 1, 1)),
            ("2024-07-01", (2, 1, 0)),
            ("2025-03-15", (3, 0, 0)),
        ]);
        assert_eq!(strength(&scene, scene.home).await, expected);

        let request = TransferMemberRequest {
            organization_id: scene.county.to_string(),
            person_id: ids[0].clone(),
            to_branch_id: scene.next.to_string(),
            on: "2025-06-10".into(),
            etag: scene.get(&scene.department, &ids[0], "").await.expect("there").etag,
            request_id: new_id(),
        };
        scene.rpc.transfer_member(scene.department.asks(request)).await.expect("moved");
        assert_eq!(strength(&scene, scene.home).await.get("2025-06-10"), Some(&(2, 0, 0)));
        assert_eq!(strength(&scene, scene.next).await, steps([("2025-06-10", (1, 0, 0))]));
    }

    async fn a_corrected_day_keeps_its_step_with_the_right_counts(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![row(1, scene.home), new_member(2, &scene)]).await;
        scene.imports(vec![MemberRow { full_on: "2025-04-01".into(), ..new_member(2, &scene) }]).await;
        let expected = steps([
            ("2012-01-01", (1, 0, 0)),
            ("2024-03-15", (1, 1, 0)),
            ("2025-03-15", (1, 1, 0)),
            ("2025-04-01", (2, 0, 0)),
        ]);
        assert_eq!(strength(&scene, scene.home).await, expected);
    }

    async fn two_imports_into_one_branch_are_both_counted(database: Database) {
        let scene = Scene::open(&database).await;
        let other = scene.replica(&database).await;
        for n in 0..8 {
            tokio::join!(scene.imports(vec![row(2 * n, scene.home)]), other.imports(vec![row(2 * n + 1, scene.home)]));
        }
        assert_eq!(strength(&scene, scene.home).await, steps([("2012-01-01", (16, 0, 0))]));
    }

    async fn a_leading_cadre_is_told_in_his_own_branch_and_taken_back(database: Database) {
        let scene = Scene::open(&database).await;
        let cadre = MemberRow { leading_cadre: true, leading_cadre_from: "2024-03-01".into(), ..row(1, scene.home) };
        let ids = scene.settle(vec![cadre, row(2, scene.home)]).await;
        let told: Vec<_> = present(&scene, "member.cadre").await;
        let told: Vec<_> = told.iter().map(|event| Cadre::decode(event.body.as_slice()).expect("a cadre")).collect();
        let expected = Cadre {
            person_id: ids[0].clone(),
            branch_id: scene.home.to_string(),
            from: "2024-03-01".into(),
            until: String::new(),
        };
        assert_eq!(told, [expected]);
        scene.imports(vec![row(1, scene.home)]).await;
        assert!(present(&scene, "member.cadre").await.is_empty());
    }

    async fn no_sealed_field_travels_not_even_masked(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![row(1, scene.home)]).await;
        let events = present(&scene, "member.member").await;
        assert_eq!(events.len(), 1);
        let member = proto::member::v1::Member::decode(events[0].body.as_slice()).expect("a member");
        assert_eq!((member.identity_number_masked.as_str(), member.phone_masked.as_str()), ("", ""));
        assert!(!format!("{member:?}").contains(&identity_number(1)[..6]));
    }
}
