use proto::process::v1::{ObjectRequest, process_service_server::ProcessService};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::world::World;

testkit::on_both! {
    async fn only_branches_whose_publicity_ended_are_named_and_each_once(database: Database) {
        let world = World::open(&database, 2).await;
        for branch in &world.branches {
            world.make_poor(*branch);
        }
        let cycle = world.frozen().await;
        let [a, b] = world.branches[..] else { panic!("two branches") };
        world.resolved(&cycle, a, 20).await;
        world.resolved(&cycle, b, 20).await;
        world.decided(&[a]).await;
        let refused = world.sign(&cycle, &[a, b]).await.expect_err("S-311");
        assert_eq!(reason(&refused), "PUBLICITY_NOT_ENDED");
        assert_eq!(reason(&world.sign(&cycle, &[a, a]).await.expect_err("twice")), "BRANCH_REPEATED");
        let signed = world.sign(&cycle, &[a]).await.expect("signed");
        assert_eq!(signed.signature.len(), 128, "an SM2 signature in hex");
        assert_eq!(reason(&world.sign(&cycle, &[a]).await.expect_err("again")), "ALREADY_IN_BATCH");
    }

    async fn an_open_objection_blocks_the_naming(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        world.make_poor(branch);
        let cycle = world.frozen().await;
        world.resolved(&cycle, branch, 20).await;
        world.decided(&[branch]).await;
        let case = world.case("star_rating", branch).await;
        let request = ObjectRequest {
            case_id: case.id,
            objection: "local".into(),
            grounds: "与事实不符".into(),
            on: String::new(),
            request_id: new_id(),
        };
        world.procedures.object(world.secretary(branch).asks(request)).await.expect("an objection");
        assert_eq!(reason(&world.sign(&cycle, &[branch]).await.expect_err("S-311")), "OBJECTION_OPEN");
    }
}
