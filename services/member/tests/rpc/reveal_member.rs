//! RevealMember: in clear, with a purpose, on record.

use kernel::Role;
use proto::{
    audit::v1::{ListEntriesRequest, audit_service_server::AuditService},
    member::v1::{RevealMemberRequest, member_service_server::MemberService},
};
use testkit::database::Database;
use testkit::stage::{Person, reason};

use crate::scene::{Scene, identity_number, row};

fn asked(id: &str, purpose: &str) -> RevealMemberRequest {
    RevealMemberRequest {
        person_id: id.into(),
        purpose: purpose.into(),
    }
}

testkit::on_both! {
    async fn the_fields_are_shown_and_the_read_is_on_record_with_its_purpose(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let request = scene.clerk.asks(asked(&ids[0], "组织关系转接"));
        let shown = scene.rpc.reveal_member(request).await.expect("shown").into_inner();
        assert_eq!((shown.identity_number, shown.phone), (identity_number(1), "16000000001".to_owned()));

        storage::feed::advance(&scene.stage.store).await.expect("chained");
        let audit = runtime::desk::audit::Audit {
            desk: scene.stage.desk.clone(),
            store: scene.stage.store.clone(),
            pages: scene.stage.pages.clone(),
        };
        let auditor = Person::with(&[(Role::Auditor, scene.county)]);
        let entries = audit.list_entries(auditor.asks(ListEntriesRequest::default())).await.expect("listed").into_inner();
        let entry = &entries.entries[0];
        assert_eq!((entry.result.as_str(), entry.purpose.as_str()), ("read", "组织关系转接"));
        assert_eq!((&entry.record_id, &entry.subject), (&ids[0], &scene.clerk.id.to_string()));
        assert!(!format!("{entries:?}").contains(&identity_number(1)));
    }

    async fn without_a_purpose_nothing_is_shown(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let refused = scene.rpc.reveal_member(scene.clerk.asks(asked(&ids[0], ""))).await.expect_err("refused");
        assert_eq!(reason(&refused), "PURPOSE_MISSING");
        for none in [" ", "好奇", "核对身份\u{0}"] {
            let refused = scene.rpc.reveal_member(scene.clerk.asks(asked(&ids[0], none))).await.expect_err("refused");
            assert_eq!(reason(&refused), "FIELDS_INVALID", "{none:?}");
        }
    }

    async fn outside_of_the_range_is_absent(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let hidden = scene.rpc.reveal_member(scene.neighbour.asks(asked(&ids[0], "组织关系转接"))).await.expect_err("hidden");
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }
}
