//! SearchResources.

use proto::resource::v1::{
    ResourceKind, ResourceRow, SearchResourcesRequest, resource_service_server::ResourceService,
};
use testkit::{database::Database, stage::reason};

use crate::stage::Libraries;

async fn library(database: &Database) -> Libraries {
    let here = Libraries::open(database).await;
    let rows = vec![
        here.row(1, ResourceKind::Material, "《发展党员规程》第一辑", 30),
        here.row(2, ResourceKind::Course, "发展党员流程实操", 1),
        here.row(3, ResourceKind::Course, "党费收缴实务", 1),
        ResourceRow {
            owner_id: here.town.to_string(),
            ..here.row(4, ResourceKind::Course, "发展党员（镇）", 1)
        },
    ];
    for row in rows {
        let id = here.propose(row).await;
        here.admit(id).await;
    }
    here.propose(here.row(5, ResourceKind::Course, "发展党员（未入库）", 1))
        .await;
    here
}

async fn found(here: &Libraries, kind: ResourceKind, words: &str) -> Vec<String> {
    let request = SearchResourcesRequest {
        organization_id: here.other.to_string(),
        kind: kind.into(),
        words: words.into(),
        ..Default::default()
    };
    let answer = here
        .rpc
        .search_resources(here.other_clerk.asks(request))
        .await
        .expect("answered")
        .into_inner();
    assert_eq!(answer.next_page_token, "");
    answer.resources.into_iter().map(|one| one.title).collect()
}

testkit::on_both! {
    async fn admitted_offerings_that_serve_one_are_found_by_words(database: Database) {
        let here = library(&database).await;
        let any = ResourceKind::Unspecified;
        assert_eq!(found(&here, any, "发展党员").await, ["《发展党员规程》第一辑", "发展党员流程实操"]);
        assert_eq!(found(&here, ResourceKind::Course, "党员").await, ["发展党员流程实操"]);
        assert_eq!(found(&here, any, "党费 实务").await, ["党费收缴实务"]);
        assert_eq!(found(&here, any, "党务实操").await.len(), 3, "by subject");
        assert_eq!(found(&here, any, "").await.len(), 3);
        assert!(found(&here, any, "没有这个").await.is_empty());
    }

    async fn pages_follow_each_other_and_a_token_is_good_for_its_question_only(database: Database) {
        let here = library(&database).await;
        let mut request = SearchResourcesRequest {
            organization_id: here.other.to_string(),
            page_size: 2,
            ..Default::default()
        };
        let first = here.rpc.search_resources(here.other_clerk.asks(request.clone())).await.expect("answered").into_inner();
        request.page_token = first.next_page_token;
        let second = here.rpc.search_resources(here.other_clerk.asks(request.clone())).await.expect("answered").into_inner();
        assert_eq!((first.resources.len(), second.resources.len()), (2, 1));
        assert_eq!(second.next_page_token, "");
        request.words = "党员".into();
        let refused = here.rpc.search_resources(here.other_clerk.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }

    async fn a_single_character_is_refused(database: Database) {
        let here = Libraries::open(&database).await;
        let request = SearchResourcesRequest {
            organization_id: here.other.to_string(),
            words: "党".into(),
            ..Default::default()
        };
        let refused = here.rpc.search_resources(here.other_clerk.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
    }

    async fn a_corrected_title_is_found_and_the_old_one_is_not(database: Database) {
        let here = Libraries::open(&database).await;
        let row = here.row(1, ResourceKind::Course, "红色故事微党课", 1);
        let id = here.propose(row.clone()).await;
        here.admit(id).await;
        here.propose(ResourceRow { title: "乡村治理实务".into(), ..row }).await;
        assert_eq!(found(&here, ResourceKind::Unspecified, "乡村治理").await, ["乡村治理实务"]);
        assert!(found(&here, ResourceKind::Unspecified, "红色故事").await.is_empty());
    }
}
