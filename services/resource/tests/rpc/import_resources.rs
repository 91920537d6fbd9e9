//! ImportResources.

use proto::resource::v1::{
    GetResourceRequest, ImportResourcesRequest, ResourceKind, ResourceRow, ResourceState,
    resource_service_server::ResourceService,
};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::stage::Libraries;

testkit::on_both! {
    async fn good_rows_go_in_and_wrong_ones_are_named_by_line(database: Database) {
        let here = Libraries::open(&database).await;
        let good = here.row(1, ResourceKind::Material, "党费管理指南", 30);
        let rows = vec![
            good.clone(),
            ResourceRow { line: 2, ..good.clone() },
            ResourceRow { capacity: 2, ..here.row(3, ResourceKind::Trainer, "示例师资", 1) },
            ResourceRow { site_id: String::new(), ..here.row(4, ResourceKind::Venue, "示例阵地", 40) },
            ResourceRow { site_id: new_id(), ..here.row(5, ResourceKind::Course, "示例课程", 1) },
            ResourceRow { owner_id: new_id(), ..here.row(6, ResourceKind::Course, "外地课程", 1) },
            ResourceRow { title: String::new(), ..here.row(7, ResourceKind::Course, "无名", 1) },
            ResourceRow { owner_id: here.town.to_string(), ..here.row(8, ResourceKind::Course, "镇上课程", 20) },
            here.row(9, ResourceKind::Course, "  ", 1),
        ];
        let answer = here.rpc.import_resources(here.keeper.asks(here.import(rows))).await.expect("answered").into_inner();
        let result = answer.result.expect("answered");
        let errors: Vec<(u32, &str)> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        assert_eq!(errors, [
            (2, "ROW_REPEATED"),
            (3, "CAPACITY_NOT_OF_KIND"),
            (4, "SITE_MISSING"),
            (5, "SITE_NOT_OF_KIND"),
            (6, "OWNER_UNKNOWN"),
            (7, "STRING_MIN_LEN"),
            (9, "STRING_PATTERN"),
        ]);
        assert_eq!((result.created, result.updated, result.unchanged), (2, 0, 0));
        let lines: Vec<u32> = answer.resources.iter().map(|one| one.line).collect();
        assert_eq!(lines, [1, 8]);
    }

    async fn a_dry_run_writes_nothing_and_a_second_import_gives_the_same_ids(database: Database) {
        let here = Libraries::open(&database).await;
        let row = here.row(1, ResourceKind::Material, "发展党员规程", 30);
        let dry = ImportResourcesRequest { dry_run: true, ..here.import(vec![row.clone()]) };
        let said = here.rpc.import_resources(here.keeper.asks(dry)).await.expect("answered").into_inner().result.expect("answered");
        assert_eq!((said.created, said.dry_run), (1, true));
        let first = here.propose(row.clone()).await;
        let again = here.import(vec![row.clone()]);
        let again = here.rpc.import_resources(here.keeper.asks(again)).await.expect("answered").into_inner();
        assert_eq!(again.resources[0].resource_id, first.to_string());
        assert_eq!(again.result.expect("answered").unchanged, 1);
        assert_eq!(here.stage.audited("ImportResources").await, ["done", "unchanged"]);
        here.admit(first).await;
        let larger = here.import(vec![ResourceRow { capacity: 31, ..row }]);
        let larger = here.rpc.import_resources(here.keeper.asks(larger)).await.expect("answered").into_inner();
        assert_eq!(larger.result.expect("answered").updated, 1);
        let request = GetResourceRequest { organization_id: here.branch.to_string(), resource_id: first.to_string() };
        let read = here.rpc.get_resource(here.clerk.asks(request)).await.expect("answered").into_inner().resource.expect("answered");
        assert_eq!((read.capacity, read.state()), (31, ResourceState::Admitted));
    }

    async fn a_chunk_sent_again_gets_the_same_answer_and_another_body_is_refused(database: Database) {
        let here = Libraries::open(&database).await;
        let request = here.import(vec![here.row(1, ResourceKind::Course, "支部书记履职入门", 1)]);
        let first = here.rpc.import_resources(here.keeper.asks(request.clone())).await.expect("answered").into_inner();
        let again = here.rpc.import_resources(here.keeper.asks(request.clone())).await.expect("answered").into_inner();
        assert_eq!(first, again);
        let other = ImportResourcesRequest { rows: vec![here.row(2, ResourceKind::Course, "别的", 1)], ..request };
        let refused = here.rpc.import_resources(here.keeper.asks(other)).await.expect_err("refused");
        assert_eq!(reason(&refused), "CHUNK_REUSED");
    }

    async fn capacity_does_not_fall_below_what_is_booked_ahead(database: Database) {
        let here = Libraries::open(&database).await;
        let row = here.row(1, ResourceKind::Material, "标准化规范化指导手册", 30);
        let id = here.propose(row.clone()).await;
        here.admit(id).await;
        here.hold(vec![here.line(id, 24, 48, 20)]).await.expect("answered");
        let fewer = here.import(vec![ResourceRow { capacity: 1, ..row }]);
        let answer = here.rpc.import_resources(here.keeper.asks(fewer)).await.expect("answered").into_inner();
        assert_eq!(answer.result.expect("answered").errors[0].reason, "CAPACITY_IN_USE");
    }

    async fn only_a_keeper_of_the_library_imports(database: Database) {
        let here = Libraries::open(&database).await;
        let request = here.import(vec![here.row(1, ResourceKind::Course, "示例课程", 1)]);
        let refused = here.rpc.import_resources(here.clerk.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&refused), "ROLE_MISSING");
    }

    async fn five_hundred_rows_go_in_at_once(database: Database) {
        let here = Libraries::open(&database).await;
        let title = "党章与支部工作条例学习辅导百问百答一百二十例精讲精练";
        let rows = (1..=500).map(|line| here.row(line, ResourceKind::Material, title, 30)).collect();
        let answer = here.rpc.import_resources(here.keeper.asks(here.import(rows))).await.expect("answered").into_inner();
        assert_eq!((answer.result.expect("answered").created, answer.resources.len()), (500, 500));
    }

    async fn two_files_with_the_same_rows_at_once_make_each_offering_once(database: Database) {
        let here = Libraries::open(&database).await;
        let rows: Vec<_> = (1..=30).map(|n| here.row(n, ResourceKind::Material, "党费管理指南", 30)).collect();
        let calls = (0..4).map(|_| here.rpc.import_resources(here.keeper.asks(here.import(rows.clone()))));
        for answer in futures::future::join_all(calls).await {
            match answer {
                Ok(answer) => {
                    let result = answer.into_inner().result.expect("answered");
                    assert_eq!(result.created + result.unchanged, 30);
                }
                Err(refused) => assert_eq!(reason(&refused), "CONCURRENT_CHANGE", "somebody was quicker"),
            }
        }
        let again = here.rpc.import_resources(here.keeper.asks(here.import(rows))).await.expect("answered").into_inner();
        assert_eq!(again.result.map(|result| (result.created, result.unchanged)), Some((0, 30)));
    }
}
