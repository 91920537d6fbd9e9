//! ListMembers: a subtree on a date, page by page.

use std::collections::BTreeSet;

use proto::member::v1::{
    ListMembersRequest, ListMembersResponse, MemberRow, member_service_server::MemberService,
};
use testkit::database::Database;
use testkit::stage::reason;

use crate::scene::{Scene, row};

async fn page(scene: &Scene, as_of: &str, token: &str) -> ListMembersResponse {
    let request = ListMembersRequest {
        organization_id: scene.county.to_string(),
        as_of: as_of.into(),
        page_size: 4,
        page_token: token.into(),
    };
    scene
        .rpc
        .list_members(scene.department.asks(request))
        .await
        .expect("a page")
        .into_inner()
}

testkit::on_both! {
    async fn each_member_stands_on_one_page(database: Database) {
        let scene = Scene::open(&database).await;
        let all = (0..10).map(|n| row(n, if n < 6 { scene.home } else { scene.next })).collect();
        let ids: BTreeSet<String> = scene.settle(all).await.into_iter().collect();
        let (mut seen, mut token, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = page(&scene, "", &token).await;
            seen.extend(page.members.into_iter().map(|member| member.person_id));
            pages += 1;
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!((pages, seen.len()), (3, 10));
        assert!(seen.is_sorted());
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), ids);
    }

    async fn a_date_shows_who_was_there_then(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![
            row(1, scene.home),
            MemberRow { branch_since: "2025-01-01".into(), ..row(2, scene.home) },
            MemberRow { branch_until: "2024-12-31".into(), ..row(3, scene.home) },
        ]).await;
        let names = |page: ListMembersResponse| page.members.into_iter().map(|member| member.name).collect::<BTreeSet<_>>();
        assert_eq!(names(page(&scene, "2024-12-31", "").await), BTreeSet::from(["样例1".into(), "样例3".into()]));
        assert_eq!(names(page(&scene, "", "").await), BTreeSet::from(["样例1".into(), "样例2".into()]));
    }

    async fn a_clerk_lists_his_branch_and_no_other(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![row(1, scene.home), row(2, scene.next)]).await;
        let list = |of: kernel::id::OrganizationId| {
            let request = ListMembersRequest { organization_id: of.to_string(), ..Default::default() };
            scene.rpc.list_members(scene.clerk.asks(request))
        };
        assert_eq!(list(scene.home).await.expect("his own").into_inner().members.len(), 1);
        for foreign in [scene.next, scene.county] {
            assert_eq!(reason(&list(foreign).await.expect_err("hidden")), "NOT_FOUND");
        }
    }

    async fn a_page_token_of_another_question_is_refused(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle((0..5).map(|n| row(n, scene.home)).collect()).await;
        let token = page(&scene, "2025-01-01", "").await.next_page_token;
        let request = ListMembersRequest {
            organization_id: scene.county.to_string(),
            page_token: token,
            ..Default::default()
        };
        let wrong = scene.rpc.list_members(scene.department.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&wrong), "PAGE_TOKEN_INVALID");
    }
}
