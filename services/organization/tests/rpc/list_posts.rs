use proto::organization::v1::{ListPostsRequest, Office, organization_service_server::OrganizationService};
use testkit::database::Database;

use crate::{
    import_posts::{import, post},
    world::World,
};

testkit::on_both! {
    async fn posts_are_those_of_the_date_in_order_of_office(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        import(&world, vec![
            post(1, "p1", b1, Office::Publicity, "2020-01-01", ""),
            post(2, "p2", b1, Office::Secretary, "2020-01-01", "2024-12-31"),
            post(3, "p3", b1, Office::Secretary, "2025-01-01", ""),
        ]).await;
        let asked = |as_of: &str| ListPostsRequest { organization_id: b1.to_string(), as_of: as_of.into() };
        let now = world.rpc.list_posts(world.org_dept.asks(asked(""))).await.expect("posts").into_inner().posts;
        let offices: Vec<_> = now.iter().map(|p| (p.office(), p.from.as_str())).collect();
        assert_eq!(offices, [(Office::Secretary, "2025-01-01"), (Office::Publicity, "2020-01-01")]);
        let then = world.rpc.list_posts(world.org_dept.asks(asked("2019-12-31"))).await.expect("posts").into_inner();
        assert!(then.posts.is_empty());
    }
}
