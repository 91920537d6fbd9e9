use proto::rating::v1::{Finding, ListFindingsRequest, rating_service_server::RatingService};
use testkit::database::Database;

use crate::{
    import_findings::{finding, import},
    run_screening::screen,
    world::World,
};

async fn list(world: &World, request: ListFindingsRequest) -> (Vec<Finding>, String) {
    let request = ListFindingsRequest {
        organization_id: world.county.to_string(),
        ..request
    };
    let answer = world
        .rpc
        .list_findings(world.org_dept.asks(request))
        .await
        .expect("a page")
        .into_inner();
    (answer.findings, answer.next_page_token)
}

pub(crate) async fn all(world: &World) -> Vec<Finding> {
    list(world, ListFindingsRequest::default()).await.0
}

testkit::on_both! {
    async fn the_ledger_is_read_by_page_by_origin_and_by_state(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        *world.peers.screened.lock().expect("screened") = vec![branch];
        *world.peers.firings.lock().expect("firings") = vec![(branch, "hollow.unit")];
        screen(&world, "").await.expect("screened");
        world.peers.firings.lock().expect("firings").clear();
        screen(&world, "").await.expect("screened");
        import(&world, vec![finding(1, "f1", branch), finding(2, "f2", branch)], false).await;

        let (first, token) = list(&world, ListFindingsRequest { page_size: 2, ..Default::default() }).await;
        let (second, end) = list(&world, ListFindingsRequest { page_size: 2, page_token: token, ..Default::default() }).await;
        assert_eq!((first.len(), second.len(), end.as_str()), (2, 1, ""));
        let open = ListFindingsRequest { open_only: true, ..Default::default() };
        assert_eq!(list(&world, open).await.0.len(), 2, "the rule no longer fires");
        let screening = ListFindingsRequest { screening_only: true, ..Default::default() };
        let (found, _) = list(&world, screening).await;
        assert_eq!((found.len(), found[0].rule.as_str(), found[0].norm.as_str()), (1, "hollow.unit", "R-503@2022"));
        assert_eq!((found[0].opened_on.as_str(), found[0].due_on.as_str()), ("2025-06-01", "2025-09-01"));
    }
}
