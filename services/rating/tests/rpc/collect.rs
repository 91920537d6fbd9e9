use futures::StreamExt;
use proto::indicator::v1::{
    CollectRequest, Count, collect_response::Part, indicator_service_server::IndicatorService,
};
use rating::indicators::Indicators;
use runtime::desk::indicator::Indicators as Offered;
use testkit::{
    database::Database,
    stage::{Person, new_id},
};

use crate::{
    import_findings::{finding, import},
    world::World,
};

async fn collect(world: &World, indicators: &[&str]) -> Vec<Count> {
    let offered = Offered {
        desk: world.stage.desk.clone(),
        store: world.stage.store.clone(),
        counter: Indicators(world.app.clone()),
    };
    let request = CollectRequest {
        organization_id: world.county.to_string(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
        freeze_day: "2026-01-15".into(),
        indicators: indicators.iter().map(ToString::to_string).collect(),
        branch_ids: vec![world.branches[0].to_string()],
    };
    let stream = offered
        .collect(Person::service("gateway").asks(request))
        .await
        .expect("a stream")
        .into_inner();
    let messages: Vec<_> = stream.collect().await;
    let last = messages.into_iter().last().expect("messages").expect("a message");
    let Some(Part::Batch(mut batch)) = last.part else {
        panic!("a batch")
    };
    batch.branches.remove(0).counts
}

testkit::on_both! {
    async fn findings_and_marks_are_counted_as_the_catalogue_says(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        let closed = proto::rating::v1::FindingRow {
            closed_on: "2025-06-01".into(),
            closed_by: new_id(),
            confirmed_by: new_id(),
            closing_evidence: "整改报告".into(),
            ..finding(1, "in time", branch)
        };
        import(&world, vec![closed, finding(2, "open", branch)], false).await;
        let cycle = world.frozen().await;
        let before = collect(&world, &["rating.review.superior", "rating.review.committee"]).await;
        let numbers: Vec<_> = before.iter().map(|one| (one.numerator, one.denominator, one.applicable)).collect();
        assert_eq!(numbers, [(0, 500, true), (0, 0, false)], "the first always applies");
        assert_eq!(before[1].reason, "NO_VALID_BALLOT");
        world.enter(&cycle, vec![world.row(1, branch, 90)]).await;
        let asked = [
            "rating.finding.closed",
            "rating.finding.overdue",
            "rating.rectification.open",
            "rating.review.superior",
            "rating.review.committee",
            "rating.plan.done",
        ];
        let counts = collect(&world, &asked).await;
        let numbers: Vec<_> = counts.iter().map(|count| (count.numerator, count.denominator)).collect();
        assert_eq!(numbers, [(1, 2), (1, 1), (0, 1), (450, 500), (500, 500), (0, 0)]);
        assert_eq!(counts[3].evidence, ["党委〔2026〕3号"], "the committee's resolution");
        assert_eq!(counts[4].evidence, [branch.to_string(), "ballots:5".into()], "the debrief, and how many");
        assert_eq!(counts[5].reason, "NOT_KEPT_YET");
    }
}
