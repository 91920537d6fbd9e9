use proto::rating::v1::{GetResultRequest, GetResultResponse, rating_service_server::RatingService};
use rating::domain::{
    explanation::{explanation_hash, reevaluate},
    template::FrozenTemplate,
};
use testkit::{database::Database, stage::reason};

use crate::world::{World, stranger};

pub(crate) async fn result(world: &World, branch: kernel::id::OrganizationId) -> GetResultResponse {
    let request = GetResultRequest {
        branch_id: branch.to_string(),
        ..Default::default()
    };
    world
        .rpc
        .get_result(world.secretary(branch).asks(request))
        .await
        .expect("a result")
        .into_inner()
}

fn reevaluates(answer: &GetResultResponse) {
    let bytes = answer.explanation_json.as_bytes();
    let hash = &answer.result.as_ref().expect("a result").explanation_hash;
    assert_eq!(&explanation_hash(bytes), hash);
    assert_eq!(
        reevaluate(bytes, FrozenTemplate::root()).expect("it evaluates again"),
        bytes,
        "X1"
    );
}

testkit::on_both! {
    async fn the_base_part_is_shown_for_self_assessment(database: Database) {
        let world = World::open(&database, 1).await;
        world.frozen().await;
        let answer = result(&world, world.branches[0]).await;
        reevaluates(&answer);
        let shown = answer.result.expect("a result");
        assert!(shown.base_only && shown.base > 0, "S-308");
        assert_eq!((shown.total, shown.star_threshold, shown.star), (0, 0, 0), "nothing is said of the star");
        assert!(!shown.case_id.is_empty());
    }

    async fn an_explanation_evaluates_again_offline_to_the_same_bytes(database: Database) {
        let world = World::open(&database, 1).await;
        let cycle = world.frozen().await;
        world.evaluated(&cycle, world.branches[0], 90).await;
        let answer = result(&world, world.branches[0]).await;
        reevaluates(&answer);
        assert!(answer.items.iter().all(|item| !item.name_zh.is_empty()));
        let earned: i64 = answer.items.iter().take(41).map(|item| item.earned).sum();
        assert_eq!(earned, answer.result.as_ref().expect("a result").base, "41 base items");
        let unkept = answer.facts.iter().find(|fact| fact.indicator == "rating.review.members").expect("a fact");
        assert_eq!(unkept.reason, "NOT_KEPT_YET");
    }

    async fn the_result_alone_comes_without_its_explanation(database: Database) {
        let world = World::open(&database, 1).await;
        world.frozen().await;
        let whole = result(&world, world.branches[0]).await;
        let request = GetResultRequest {
            branch_id: world.branches[0].to_string(),
            result_only: true,
            ..Default::default()
        };
        let alone = world.rpc.get_result(world.secretary(world.branches[0]).asks(request)).await.expect("a result");
        assert_eq!(alone.into_inner(), GetResultResponse { result: whole.result, ..Default::default() });
    }

    async fn strangers_find_no_result(database: Database) {
        let world = World::open(&database, 1).await;
        world.frozen().await;
        let request = GetResultRequest { branch_id: world.branches[0].to_string(), ..Default::default() };
        let refused = world.rpc.get_result(stranger().asks(request)).await.expect_err("hidden");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
