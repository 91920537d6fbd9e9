use kernel::id::OrganizationId;
use proto::rating::v1::{EnterReviewMarksRequest, rating_service_server::RatingService};
use testkit::{database::Database, stage::reason};

use crate::world::World;

testkit::on_both! {
    async fn good_rows_go_in_and_each_wrong_one_is_named_by_its_line(database: Database) {
        let world = World::open(&database, 3).await;
        let cycle = world.frozen().await;
        let [a, b, c] = world.branches[..] else { panic!("three branches") };
        world.evaluated(&cycle, c, 90).await;
        let rows = vec![
            world.row(1, a, 90),
            world.row(2, a, 91),
            world.row(3, OrganizationId::new(), 90),
            world.row(4, c, 50),
            proto::rating::v1::ReviewMarksRow { meeting_id: testkit::stage::new_id(), ..world.row(5, b, 70) },
        ];
        let result = world.enter(&cycle, rows).await;
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        let expected =
            [(2, "ROW_REPEATED"), (3, "BRANCH_UNKNOWN"), (4, "DEBRIEF_TAKEN"), (5, "MEETING_NOT_A_DEBRIEF")];
        assert_eq!(errors, expected);
        assert_eq!(result.created, 1, "S-306");
        assert_eq!(world.enter(&cycle, vec![world.row(6, b, 0)]).await.created, 1, "R-125");
    }

    async fn marks_are_replaced_until_the_debrief_and_void_what_was_evaluated(database: Database) {
        let world = World::open(&database, 1).await;
        let cycle = world.frozen().await;
        let branch = world.branches[0];
        let row = world.row(1, branch, 90);
        assert_eq!(world.enter(&cycle, vec![row.clone()]).await.created, 1);
        assert_eq!(world.enter(&cycle, vec![row.clone()]).await.unchanged, 1);
        let first = world.evaluate(&cycle, branch).await.expect("evaluated");
        let lower = proto::rating::v1::ReviewMarksRow { superior_marks: vec![60; 5], ..row };
        assert_eq!(world.enter(&cycle, vec![lower]).await.updated, 1);
        assert_eq!(world.stage.audited("EnterReviewMarks").await, ["done", "unchanged", "done"]);
        let second = world.evaluate(&cycle, branch).await.expect("evaluated again");
        assert!(second.review < first.review && second.explanation_hash != first.explanation_hash);
    }

    async fn only_the_superior_enters_marks_and_none_above_a_hundred(database: Database) {
        let world = World::open(&database, 1).await;
        let cycle = world.frozen().await;
        let rows = vec![world.row(1, world.branches[0], 101)];
        let request =
            EnterReviewMarksRequest { organization_id: world.town.to_string(), cycle_id: cycle.id.clone(), rows };
        let refused = world.rpc.enter_review_marks(world.clerk.asks(request)).await.expect_err("above a hundred");
        assert_eq!(reason(&refused), "FIELDS_INVALID");

        let county = testkit::stage::Person::with(&[(kernel::Role::Clerk, world.county)]);
        let rows = vec![world.row(1, world.branches[0], 90)];
        let request =
            EnterReviewMarksRequest { organization_id: world.county.to_string(), cycle_id: cycle.id.clone(), rows };
        let answer = world.rpc.enter_review_marks(county.asks(request)).await.expect("an answer").into_inner();
        assert_eq!(answer.result.expect("a result").errors[0].reason, "NOT_ITS_SUPERIOR", "S-309");
    }
}
