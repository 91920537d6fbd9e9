//! `IndicatorService.ListIndicators`.

use kernel::{Role, indicator::Catalogue};
use proto::indicator::v1::{Indicator, ListIndicatorsRequest, indicator_service_server::IndicatorService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};
use tonic::Status;

use crate::stage::{KEPT, World};

async fn list(world: &World, who: &Person) -> Result<Vec<Indicator>, Status> {
    let asked = who.asks(ListIndicatorsRequest {});
    Ok(world
        .indicators
        .list_indicators(asked)
        .await?
        .into_inner()
        .indicators)
}

testkit::on_both! {
    async fn a_service_lists_its_own_lines_of_the_catalogue_and_says_which_it_keeps(database: Database) {
        let world = World::open(&database).await;
        for service in ["rating", "gateway"] {
            let listed = list(&world, &Person::service(service)).await.expect("a list");
            let ids: Vec<&str> = listed.iter().map(|line| line.id.as_str()).collect();
            let own: Vec<&str> = Catalogue::shipped().of_owner("member").map(|line| line.id.as_str()).collect();
            assert_eq!(ids, own, "in the order of the catalogue");
            let kept: Vec<&str> = listed.iter().filter(|line| line.kept).map(|line| line.id.as_str()).collect();
            assert_eq!(kept, [KEPT]);
            assert!(listed.iter().all(|line| !line.name_zh.is_empty() && !line.unit.is_empty()));
        }
    }

    async fn it_is_for_rating_and_the_gateway_alone(database: Database) {
        let world = World::open(&database).await;
        for who in [Person::service("activity"), Person::with(&[(Role::OrgDept, world.city)])] {
            assert_eq!(reason(&list(&world, &who).await.expect_err("refused")), "SERVICE_ONLY");
        }
    }
}
