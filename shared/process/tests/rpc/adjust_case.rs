//! `AdjustCase`.

use proto::process::v1::{AdjustCaseRequest, Case, process_service_server::ProcessService};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};
use tonic::Status;

use crate::world::World;

fn adjusting(case: &Case) -> AdjustCaseRequest {
    AdjustCaseRequest {
        case_id: case.id.clone(),
        note: "退回理由应为“内容重复”".into(),
        request_id: new_id(),
        ..Default::default()
    }
}

async fn adjust(world: &World, who: &Person, request: AdjustCaseRequest) -> Result<Case, Status> {
    let answer = world.served.adjust_case(who.asks(request)).await?;
    Ok(answer.into_inner().case.expect("a case"))
}

testkit::on_both! {
    async fn a_closed_case_takes_only_an_entry_of_whoever_may_close_it_so(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let open = adjust(&world, &world.org_dept, adjusting(&case)).await.expect_err("open");
        assert_eq!(reason(&open), "CASE_NOT_CLOSED");
        let case = world.take(&world.org_dept, &case, "refuse", "return_reason").await;
        assert_eq!(case.end, "failed");
        let keeper = adjust(&world, &world.keeper, adjusting(&case)).await.expect_err("he cannot close it so");
        assert_eq!(reason(&keeper), "ROLE_NOT_ENTITLED");
        let hidden = adjust(&world, &world.outsider, adjusting(&case)).await.expect_err("hidden");
        assert_eq!(reason(&hidden), "NOT_FOUND");
        let adjusted = adjust(&world, &world.org_dept, adjusting(&case)).await.expect("adjusted");
        assert_eq!((adjusted.state.as_str(), adjusted.end.as_str(), adjusted.revision), ("refused", "failed", 3));
        let whole = world.seen(&world.org_dept, &case).await.expect("a case");
        assert_eq!(whole.entries.last().expect("an entry").kind, "adjust");
    }

    async fn sent_again_it_is_one_entry(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let case = world.take(&world.org_dept, &case, "refuse", "return_reason").await;
        let request = adjusting(&case);
        let first = adjust(&world, &world.org_dept, request.clone()).await.expect("adjusted");
        assert_eq!(adjust(&world, &world.org_dept, request).await.expect("answered"), first);
        assert_eq!(world.seen(&world.org_dept, &case).await.expect("a case").entries.len(), 3);
    }
}
