//! GetMember: as of a date, masked, inside the caller's range alone.

use proto::member::v1::{GetMemberRequest, MemberRow, Standing, member_service_server::MemberService};
use testkit::database::Database;
use testkit::stage::{new_id, reason};

use crate::scene::{Scene, row};

testkit::on_both! {
    async fn standing_exemption_and_branch_are_those_of_the_date(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![MemberRow {
            joined_on: "2024-05-10".into(),
            full_on: "2025-05-10".into(),
            branch_since: "2024-05-10".into(),
            exempt_from: "2025-03-01".into(),
            exempt_until: "2025-03-31".into(),
            leading_cadre: true,
            leading_cadre_from: "2025-05-01".into(),
            ..row(1, scene.home)
        }]).await;
        let on = |day: &'static str| scene.get(&scene.clerk, &ids[0], day);
        let before = on("2025-03-31").await.expect("there");
        assert_eq!((before.standing(), before.exempt, before.leading_cadre), (Standing::Probationary, true, false));
        assert_eq!(before.full_on, "", "not yet");
        let after = on("").await.expect("there");
        assert_eq!((after.standing(), after.exempt, after.leading_cadre), (Standing::Full, false, true));
        assert_eq!(after.full_on, "2025-05-10");
        assert_eq!(reason(&on("2024-05-09").await.expect_err("no member yet")), "NOT_FOUND");
    }

    async fn sensitive_fields_are_masked(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let member = scene.get(&scene.clerk, &ids[0], "").await.expect("there");
        assert_eq!(member.identity_number_masked, "619***********0019"[..14].to_owned() + &crate::scene::identity_number(1)[14..]);
        assert_eq!(member.phone_masked, "160****0001");
        assert_eq!(member.external_ids.len(), 1);
    }

    async fn outside_of_the_range_is_absent(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        for stranger in [&scene.neighbour, &scene.far_department] {
            let hidden = scene.get(stranger, &ids[0], "").await.expect_err("hidden");
            let absent = scene.get(stranger, &new_id(), "").await.expect_err("absent");
            assert_eq!((reason(&hidden), hidden.message()), (reason(&absent), absent.message()));
        }
    }

    async fn a_mask_keeps_the_fields_it_names(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let asked = |paths: &[&str]| GetMemberRequest {
            person_id: ids[0].clone(),
            as_of: String::new(),
            read_mask: Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }),
        };
        let kept = scene.rpc.get_member(scene.clerk.asks(asked(&["education"]))).await.expect("there");
        let kept = kept.into_inner().member.expect("member");
        assert_eq!((kept.education.as_str(), kept.name.as_str()), ("20", ""));
        let wrong = scene.rpc.get_member(scene.clerk.asks(asked(&["boss"]))).await.expect_err("refused");
        assert_eq!(reason(&wrong), "FIELDS_INVALID");
    }

    async fn nothing_sensitive_lies_in_the_database_in_clear(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![row(1, scene.home)]).await;
        let seen = member::store::persons::list(&scene.stage.store.own(), "2025-06-01".parse().expect("day"), None, 10)
            .await
            .expect("read");
        let person = &seen[0].person;
        let number = crate::scene::identity_number(1);
        for bytes in [&person.identity_sealed, &person.identity_index, person.phone_sealed.as_ref().expect("phone")] {
            let clear = |text: &str| bytes.windows(6).any(|window| text.as_bytes().windows(6).any(|part| part == window));
            assert!(!clear(&number) && !clear("16000000001"));
        }
    }
}
