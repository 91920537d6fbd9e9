use futures::StreamExt;
use organization::indicators::Indicators;
use proto::{
    indicator::v1::{CollectRequest, collect_response::Part, indicator_service_server::IndicatorService},
    organization::v1::Office,
};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::{
    import_posts::{import, post},
    world::World,
};

fn request(world: &World, indicators: &[&str]) -> CollectRequest {
    CollectRequest {
        organization_id: world.root.to_string(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
        freeze_day: "2026-01-15".into(),
        indicators: indicators.iter().map(|i| (*i).to_owned()).collect(),
        branch_ids: Vec::new(),
    }
}

fn served(world: &World) -> runtime::desk::indicator::Indicators<Indicators> {
    runtime::desk::indicator::Indicators {
        desk: world.stage.desk.clone(),
        store: world.stage.store.clone(),
        counter: Indicators(world.rpc.app.clone()),
    }
}

testkit::on_both! {
    async fn the_stream_says_its_source_first_and_then_counts_every_branch(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        import(&world, vec![post(1, "p1", b1, Office::Secretary, "2025-07-01", "")]).await;
        let asked = request(&world, &["organization.secretary.days", "organization.subsidy.paid"]);
        let stream = served(&world).collect(Person::service("rating").asks(asked)).await.expect("a stream");
        let parts: Vec<_> = stream.into_inner().collect().await;
        let parts: Vec<Part> = parts.into_iter().filter_map(|p| p.expect("a part").part).collect();
        let [Part::Source(source), Part::Batch(batch)] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!(source.service, "organization");
        assert_eq!(batch.branches.len(), 2);
        let counts = &batch.branches.iter().find(|b| b.branch_id == b1.to_string()).expect("b1").counts;
        assert_eq!((counts[0].numerator, counts[0].denominator, counts[0].evidence.len()), (184, 365, 1));
        assert_eq!((counts[1].applicable, counts[1].reason.as_str()), (false, "NOT_KEPT_YET"));
    }

    async fn an_indicator_of_another_service_is_unknown(database: Database) {
        let world = World::with_branches(&database).await;
        let asked = request(&world, &["member.count.full"]);
        let Err(refused) = served(&world).collect(Person::service("rating").asks(asked)).await else {
            panic!("counted")
        };
        assert_eq!(reason(&refused), "INDICATOR_UNKNOWN");
    }
}
