//! `IndicatorService.Collect`.

use futures::TryStreamExt;
use kernel::{
    Role,
    id::{OrganizationId, RecordId},
    indicator::{Catalogue, NOT_KEPT_YET},
};
use proto::indicator::v1::{
    BranchCounts, CollectRequest, Source, collect_response::Part, indicator_service_server::IndicatorService,
};
use testkit::{
    database::Database,
    stage::{Person, reason},
};
use tonic::Status;

use crate::stage::{KEPT, World};

fn asking(top: OrganizationId) -> CollectRequest {
    CollectRequest {
        organization_id: top.to_string(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
        freeze_day: "2026-01-15".into(),
        ..Default::default()
    }
}

async fn collect(
    world: &World,
    who: &Person,
    asked: CollectRequest,
) -> Result<(Source, Vec<BranchCounts>), Status> {
    let stream = world.indicators.collect(who.asks(asked)).await?.into_inner();
    let messages: Vec<_> = stream.try_collect().await?;
    let mut parts = messages.into_iter().filter_map(|message| message.part);
    let Some(Part::Source(source)) = parts.next() else {
        unreachable!("the source comes first")
    };
    let batches = parts.map(|part| match part {
        Part::Batch(batch) => batch.branches,
        Part::Source(_) => unreachable!("the source comes once"),
    });
    Ok((source, batches.flatten().collect()))
}

testkit::on_both! {
    async fn the_source_comes_first_then_every_branch_of_the_subtree_in_order_of_its_id(database: Database) {
        let world = World::open(&database).await;
        world.write(world.branch, RecordId::new(), 1, None).await.expect("written");
        let head = world.sequenced().await;
        let rating = Person::service("rating");
        let (source, branches) = collect(&world, &rating, asking(world.city)).await.expect("counts");
        assert_eq!((source.service.as_str(), source.position), ("member", head));
        let mut ids = [world.branch, world.other_branch];
        ids.sort();
        assert_eq!(branches.iter().map(|one| one.branch_id.clone()).collect::<Vec<_>>(), ids.map(|id| id.to_string()));
        for branch in &branches {
            assert_eq!(branch.counts.len(), Catalogue::shipped().of_owner("member").count());
            for count in &branch.counts {
                match count.indicator.as_str() {
                    KEPT => assert_eq!((count.applicable, count.numerator), (true, 7)),
                    _ => assert_eq!((count.applicable, count.reason.as_str()), (false, NOT_KEPT_YET)),
                }
            }
        }
        let (_, branches) = collect(&world, &rating, asking(world.county)).await.expect("counts");
        assert_eq!(branches.len(), 1);
    }

    async fn the_branches_and_indicators_that_are_named_come_and_no_others(database: Database) {
        let world = World::open(&database).await;
        let asked = CollectRequest {
            indicators: vec![KEPT.into()],
            branch_ids: vec![world.other_branch.to_string()],
            ..asking(world.city)
        };
        let (_, branches) = collect(&world, &Person::service("gateway"), asked).await.expect("counts");
        assert_eq!(branches.len(), 1);
        assert_eq!((branches[0].branch_id.clone(), branches[0].counts.len()), (world.other_branch.to_string(), 1));
    }

    async fn what_is_unknown_or_wrong_is_refused_before_anything_is_sent(database: Database) {
        let world = World::open(&database).await;
        let rating = Person::service("rating");
        for (asked, refused) in [
            (asking(OrganizationId::new()), "NOT_FOUND"),
            (CollectRequest { indicators: vec!["activity.study.held".into()], ..asking(world.city) }, "INDICATOR_UNKNOWN"),
            (CollectRequest { last_day: "2024-12-31".into(), ..asking(world.city) }, "FIELDS_INVALID"),
            (CollectRequest { last_day: "2027-01-01".into(), ..asking(world.city) }, "FIELDS_INVALID"),
            (CollectRequest { freeze_day: "9999-12-31".into(), ..asking(world.city) }, "FIELDS_INVALID"),
        ] {
            assert_eq!(reason(&collect(&world, &rating, asked).await.expect_err("refused")), refused);
        }
        for who in [Person::service("member"), Person::with(&[(Role::Inspector, world.city)])] {
            let answer = collect(&world, &who, asking(world.city)).await;
            assert_eq!(reason(&answer.expect_err("refused")), "SERVICE_ONLY");
        }
    }
}
