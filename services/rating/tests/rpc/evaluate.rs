use testkit::{database::Database, stage::reason};

use crate::world::World;

testkit::on_both! {
    async fn without_marks_nothing_is_evaluated_and_again_changes_nothing(database: Database) {
        let world = World::open(&database, 1).await;
        let cycle = world.frozen().await;
        let branch = world.branches[0];
        assert_eq!(reason(&world.evaluate(&cycle, branch).await.expect_err("refused")), "MARKS_MISSING");
        let first = world.evaluated(&cycle, branch, 100).await;
        assert_eq!((first.base_only, first.star_vetoes, first.star), (false, 5, 0), "no quota ran");
        assert!(first.five_star_standard);
        let again = world.evaluate(&cycle, branch).await.expect("again");
        assert_eq!(again.explanation_hash, first.explanation_hash, "X1");
        assert_eq!(again.version, first.version);
        assert_eq!(world.stage.audited("Evaluate").await, ["MARKS_MISSING", "done", "unchanged"]);
    }

    async fn facts_decide_the_star(database: Database) {
        let world = World::open(&database, 2).await;
        let [good, poor] = world.branches[..] else { panic!("two branches") };
        world.make_poor(poor);
        let cycle = world.frozen().await;
        let good = world.evaluated(&cycle, good, 100).await;
        let poor = world.evaluated(&cycle, poor, 20).await;
        assert_eq!(good.star_vetoes, 5);
        assert!(poor.star_vetoes <= 2 && poor.total < good.total, "{poor:?}");
    }

    async fn before_the_freeze_there_is_nothing_to_evaluate(database: Database) {
        let world = World::open(&database, 1).await;
        let cycle = world.open_cycle().await;
        let refused = world.evaluate(&cycle, world.branches[0]).await.expect_err("refused");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
