use futures::StreamExt;
use proto::{
    activity::v1::BranchOwed,
    organization::v1::{
        Firing, Office, ScreenRequest, Term, guarantee_row::Record,
        organization_service_server::OrganizationService,
    },
};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::{
    import_guarantees::{guarantee, import as guarantees},
    import_posts::{import as posts, post},
    world::World,
};

async fn screen(world: &World) -> Vec<Firing> {
    let asked = ScreenRequest {
        organization_id: world.root.to_string(),
        on: "2025-12-31".into(),
    };
    let stream = world
        .rpc
        .screen(Person::service("rating").asks(asked))
        .await
        .expect("a stream")
        .into_inner();
    let batches: Vec<_> = stream.collect().await;
    batches
        .into_iter()
        .flat_map(|batch| batch.expect("a batch").firings)
        .collect()
}

testkit::on_both! {
    async fn each_rule_that_fires_is_named_with_version_reason_and_evidence(database: Database) {
        let world = World::with_branches(&database).await;
        let (b1, b2) = (world.id("b1").await, world.id("b2").await);
        posts(&world, vec![post(1, "p1", b1, Office::Secretary, "2020-01-01", "")]).await;
        let term = |from: &str, until: &str| Record::Term(Term { from: from.into(), until: until.into(), ..Default::default() });
        guarantees(&world, vec![guarantee(1, "t1", b1, term("2020-01-01", "2025-06-30"))]).await;
        world.lives.lock().expect("lives").push(BranchOwed {
            branch_id: b2.to_string(),
            silent_quarters: 3,
            full_quarters: 4,
            ..Default::default()
        });
        let fired = screen(&world).await;
        let of = |id: String| fired.iter().filter(move |f| f.branch_id == id).map(|f| f.rule.as_str()).collect::<Vec<_>>();
        assert_eq!(of(b1.to_string()), ["hollow.members", "election.overdue"]);
        assert_eq!(of(b2.to_string()), ["hollow.members", "hollow.secretary", "secretary.vacant", "hollow.silent"]);
        for firing in &fired {
            assert!(firing.norm.ends_with("@2022") && !firing.why.is_empty(), "{firing:?}");
            assert!(firing.evidence_json.starts_with('{'));
        }
    }

    async fn only_rating_screens(database: Database) {
        let world = World::with_branches(&database).await;
        let asked = ScreenRequest { organization_id: world.root.to_string(), on: "2025-12-31".into() };
        let Err(refused) = world.rpc.screen(world.org_dept.asks(asked)).await else { panic!("a person screens") };
        assert_eq!(reason(&refused), "SERVICE_ONLY");
    }
}
