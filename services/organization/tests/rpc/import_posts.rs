use kernel::{
    Role,
    id::{OrganizationId, PersonId},
};
use proto::{
    kernel::v1::ImportResult,
    organization::v1::{
        ImportPostsRequest, Office, OrganizationKind, PostRow,
        organization_service_server::OrganizationService,
    },
};
use testkit::{
    database::Database,
    stage::{Person, new_id},
};

use crate::world::{World, external, row};

pub(crate) fn post(
    line: u32,
    id: &str,
    at: OrganizationId,
    office: Office,
    from: &str,
    until: &str,
) -> PostRow {
    PostRow {
        line,
        external_id: Some(external(id)),
        organization_id: at.to_string(),
        office: office.into(),
        person_id: PersonId::new().to_string(),
        from: from.into(),
        until: until.into(),
        filing: "批复1号".into(),
    }
}

pub(crate) async fn import(world: &World, rows: Vec<PostRow>) -> ImportResult {
    let request = ImportPostsRequest {
        organization_id: world.root.to_string(),
        import_id: new_id(),
        rows,
        ..Default::default()
    };
    let answer = world
        .rpc
        .import_posts(world.org_dept.asks(request))
        .await
        .expect("an answer");
    answer.into_inner().result.expect("a result")
}

testkit::on_both! {
    async fn a_post_never_has_two_holders_in_one_chunk_or_in_two(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        let first = import(&world, vec![
            post(1, "p1", b1, Office::Secretary, "2020-01-01", "2024-12-31"),
            post(2, "p2", b1, Office::Secretary, "2024-12-31", ""),
            post(3, "p3", b1, Office::Secretary, "2025-01-01", ""),
            post(4, "p4", b1, Office::Worker, "2025-01-01", ""),
            post(5, "p5", b1, Office::Worker, "2025-01-01", ""),
        ]).await;
        assert_eq!(first.created, 4, "workers may be several");
        assert_eq!(first.errors.iter().map(|e| (e.line, e.reason.as_str())).collect::<Vec<_>>(), [(2, "POST_HELD_TWICE")]);
        let second = import(&world, vec![post(1, "p6", b1, Office::Secretary, "2025-06-01", "")]).await;
        assert_eq!(second.errors.first().map(|e| e.reason.as_str()), Some("POST_HELD_TWICE"), "S-201");
    }

    async fn a_successor_may_stand_before_the_row_that_ends_his_predecessor(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        import(&world, vec![post(1, "p1", b1, Office::Secretary, "2020-01-01", "")]).await;
        let change = vec![
            post(1, "p2", b1, Office::Secretary, "2025-01-01", ""),
            post(2, "p1", b1, Office::Secretary, "2020-01-01", "2024-12-31"),
        ];
        let result = import(&world, change).await;
        assert_eq!((result.created, result.updated, result.errors), (1, 1, vec![]));
    }

    async fn nobody_takes_over_a_post_of_another_organization_by_its_id(database: Database) {
        let world = World::with_branches(&database).await;
        let (b1, b2) = (world.id("b1").await, world.id("b2").await);
        let mine = post(1, "p1", b1, Office::Secretary, "2020-01-01", "");
        import(&world, vec![mine.clone()]).await;
        let outsider = Person::with(&[(Role::OrgDept, b2)]);
        let request = ImportPostsRequest {
            organization_id: b2.to_string(),
            import_id: new_id(),
            rows: vec![post(1, "p1", b2, Office::Secretary, "2020-01-01", "")],
            ..Default::default()
        };
        let result = world.rpc.import_posts(outsider.asks(request)).await.expect("an answer").into_inner().result;
        let errors = result.expect("a result").errors;
        assert_eq!(errors.iter().map(|e| (e.line, e.reason.as_str())).collect::<Vec<_>>(), [(1, "RECORD_ELSEWHERE")]);
        let again = import(&world, vec![mine]).await;
        assert_eq!(again.unchanged, 1, "it is where it was");
        assert_eq!(world.stage.audited("ImportPosts").await.last().expect("audited"), "unchanged");
    }

    async fn a_dry_run_says_what_would_happen_and_writes_nothing(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        let request = ImportPostsRequest {
            organization_id: world.root.to_string(),
            import_id: new_id(),
            rows: vec![post(1, "p1", b1, Office::Secretary, "2020-01-01", "")],
            dry_run: true,
            ..Default::default()
        };
        let before = storage::feed::positions(&world.stage.store).await.expect("positions");
        let answer = world.rpc.import_posts(world.org_dept.asks(request)).await.expect("an answer").into_inner();
        assert_eq!(answer.result.map(|r| (r.created, r.dry_run)), Some((1, true)));
        assert_eq!(storage::feed::positions(&world.stage.store).await.expect("positions"), before);
        let real = import(&world, vec![post(1, "p1", b1, Office::Secretary, "2020-01-01", "")]).await;
        assert_eq!(real.created, 1, "it was not there");
    }

    async fn a_post_that_the_organization_does_not_have_is_named(database: Database) {
        let world = World::with_branches(&database).await;
        world.add(vec![row(1, "g1", "b1", OrganizationKind::PartyGroup)]).await;
        let (b1, g1) = (world.id("b1").await, world.id("g1").await);
        let result = import(&world, vec![
            post(1, "p1", b1, Office::GroupLeader, "2020-01-01", ""),
            post(2, "p2", g1, Office::Secretary, "2020-01-01", ""),
            post(3, "p3", g1, Office::GroupLeader, "2020-01-01", ""),
        ]).await;
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        assert_eq!((result.created, errors), (1, vec![(1, "OFFICE_NOT_OF_KIND"), (2, "OFFICE_NOT_OF_KIND")]));
    }

    async fn a_post_is_held_from_a_day_that_has_come_by_whomever_s_104(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        let result = import(&world, vec![
            post(1, "p1", b1, Office::Secretary, "2025-06-02", ""),
            post(2, "p2", b1, Office::Worker, "2025-06-01", "2026-05-31"),
        ]).await;
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        assert_eq!((result.created, errors), (1, vec![(1, "DAY_IN_FUTURE")]), "nobody knows the worker elsewhere");
    }

    async fn the_database_itself_refuses_a_second_holder(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        import(&world, vec![post(1, "p1", b1, Office::Secretary, "2020-01-01", "")]).await;
        import(&world, vec![post(2, "p2", b1, Office::Deputy, "2020-01-01", "")]).await;
        let store = &world.stage.store;
        for meddling in [
            "UPDATE post SET office = 'secretary' WHERE external_value = 'p2'",
            "INSERT INTO post SELECT person_id, organization_id, 'secretary', person_id, valid_from, valid_until, \
             filing, external_system, 'p3', version, recorded_at FROM post WHERE external_value = 'p2'",
        ] {
            let tx = store.work("meddling").await.expect("a unit of work");
            let done = sea_orm::ConnectionTrait::execute_unprepared(tx.db(), meddling).await;
            assert!(done.is_err_and(|e| e.to_string().contains("post_one_holder")), "S-201: {meddling}");
        }
    }

    async fn two_imports_at_once_leave_one_holder(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        let call = |k: usize| {
            let request = ImportPostsRequest {
                organization_id: world.root.to_string(),
                import_id: new_id(),
                rows: vec![post(1, &format!("race{k}"), b1, Office::Secretary, "2025-01-01", "")],
                ..Default::default()
            };
            world.rpc.import_posts(world.org_dept.asks(request))
        };
        let answers = futures::future::join_all((0..8).map(call)).await;
        let created: u32 = answers.iter().flatten().filter_map(|a| a.get_ref().result.as_ref()).map(|r| r.created).sum();
        assert_eq!(created, 1);
        let errors = answers.iter().flatten().filter_map(|a| a.get_ref().result.as_ref()).flat_map(|r| &r.errors);
        assert_eq!(errors.filter(|e| (e.line, e.reason.as_str()) == (1, "POST_HELD_TWICE")).count(), 7, "by row");
    }
}
