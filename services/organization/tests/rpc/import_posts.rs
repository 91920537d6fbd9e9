use kernel::id::{OrganizationId, PersonId};
use proto::{
    kernel::v1::ImportResult,
    organization::v1::{
        ImportPostsRequest, Office, PostRow, organization_service_server::OrganizationService,
    },
};
use testkit::{database::Database, stage::new_id};

use crate::world::{World, external};

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
    }
}
