//! GetResource.

use proto::resource::v1::{
    GetResourceRequest, ResourceKind, ResourceRow, ResourceState, resource_service_server::ResourceService,
};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::stage::Libraries;

testkit::on_both! {
    async fn an_offering_is_read_by_whom_it_serves(database: Database) {
        let here = Libraries::open(&database).await;
        let id = here.propose(here.row(1, ResourceKind::Venue, "示例阵地", 40)).await;
        let request = GetResourceRequest { organization_id: here.branch.to_string(), resource_id: id.to_string() };
        let read = here.rpc.get_resource(here.clerk.asks(request)).await.expect("answered").into_inner().resource.expect("answered");
        assert_eq!((read.title.as_str(), read.capacity), ("示例阵地", 40));
        assert_eq!((read.kind(), read.state()), (ResourceKind::Venue, ResourceState::Proposed));
        assert_eq!(read.subjects, ["党务实操"]);
        assert_eq!((read.version, read.feedback_hundredths), (1, 0));
    }

    async fn absent_and_not_for_it_are_one_answer(database: Database) {
        let here = Libraries::open(&database).await;
        let of_town = ResourceRow { owner_id: here.town.to_string(), ..here.row(1, ResourceKind::Course, "镇上", 1) };
        let of_town = here.propose(of_town).await.to_string();
        for resource_id in [of_town, new_id()] {
            let request = GetResourceRequest { organization_id: here.other.to_string(), resource_id };
            let refused = here.rpc.get_resource(here.other_clerk.asks(request)).await.expect_err("refused");
            assert_eq!(reason(&refused), "NOT_FOUND");
        }
    }

    async fn nobody_asks_for_an_organization_of_others(database: Database) {
        let here = Libraries::open(&database).await;
        let id = here.trainer().await;
        let request = GetResourceRequest { organization_id: here.other.to_string(), resource_id: id.to_string() };
        let refused = here.rpc.get_resource(here.clerk.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
