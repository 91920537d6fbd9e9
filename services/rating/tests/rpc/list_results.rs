use proto::rating::v1::{ListResultsRequest, rating_service_server::RatingService};
use testkit::database::Database;

use crate::world::World;

testkit::on_both! {
    async fn pages_hold_every_rated_branch_once(database: Database) {
        let world = World::open(&database, 5).await;
        world.frozen().await;
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let request = ListResultsRequest {
                organization_id: world.county.to_string(),
                page_size: 2,
                page_token: token,
                ..Default::default()
            };
            let page = world.rpc.list_results(world.org_dept.asks(request)).await.expect("a page").into_inner();
            assert!(page.results.len() <= 2);
            seen.extend(page.results.into_iter().map(|result| result.branch_id));
            token = page.next_page_token;
            if token.is_empty() { break }
        }
        let mut all: Vec<_> = world.branches.iter().map(ToString::to_string).collect();
        all.sort_unstable();
        assert_eq!(seen, all);
    }
}
