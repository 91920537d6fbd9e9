//! `GetChart`: the flow chart of a procedure, and of a case to whoever may see it (S-211).

use proto::process::v1::{GetChartRequest, process_service_server::ProcessService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};
use tonic::Status;

use crate::world::World;

async fn chart(world: &World, who: &Person, variant: &str, case_id: &str) -> Result<String, Status> {
    let request = GetChartRequest {
        procedure: "resource_admission".into(),
        variant: variant.into(),
        case_id: case_id.into(),
        ..Default::default()
    };
    let answer = world.served.get_chart(who.asks(request)).await?;
    Ok(answer.into_inner().svg)
}

testkit::on_both! {
    async fn a_case_is_marked_where_it_stands_and_only_for_whoever_sees_it(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let plain = chart(&world, &world.keeper, "material", "").await.expect("drawn");
        let marked = chart(&world, &world.keeper, "material", &case.id).await.expect("drawn");
        assert!(!plain.contains("class=\"here\"") && marked.contains("class=\"here\""));
        let hidden = chart(&world, &world.outsider, "material", &case.id).await.expect_err("hidden");
        assert_eq!(reason(&hidden), "NOT_FOUND");
        assert_eq!(plain, chart(&world, &world.outsider, "material", "").await.expect("a procedure is no secret"));
    }

    async fn an_unknown_variant_or_procedure_is_refused(database: Database) {
        let world = World::open(&database).await;
        let wrong = chart(&world, &world.keeper, "book", "").await.expect_err("no such variant");
        assert_eq!(wrong.code(), tonic::Code::InvalidArgument);
        let request = GetChartRequest { procedure: "parade".into(), ..Default::default() };
        let wrong = world.served.get_chart(world.keeper.asks(request)).await.expect_err("no such procedure");
        assert_eq!(reason(&wrong), "PROCEDURE_UNKNOWN");
    }
}
