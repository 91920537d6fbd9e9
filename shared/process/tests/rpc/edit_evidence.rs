//! `EditEvidence`.

use testkit::{database::Database, stage::reason};

use crate::world::World;

testkit::on_both! {
    async fn an_edit_voids_the_approval_that_binds_it_and_returns_the_case_x11(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let case = world.take(&world.reviewer, &case, "review", "quality_review").await;
        let edited = world.edit(&world.keeper, &case, "resource_card", "sm3:2222").await.expect("edited");
        assert_eq!(edited.voided, ["review"]);
        let case = edited.case.expect("a case");
        assert_eq!(case.state, "submitted");
        world.take(&world.reviewer, &case, "review", "quality_review").await;
        assert_eq!(world.owner.steps(), ["submit", "review", "review"]);
    }

    async fn the_same_content_again_voids_nothing(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let case = world.take(&world.reviewer, &case, "review", "quality_review").await;
        let edited = world.edit(&world.keeper, &case, "resource_card", "sm3:0000").await.expect("edited");
        assert!(edited.voided.is_empty());
        assert_eq!(edited.case.expect("a case").state, "reviewed");
    }

    async fn only_who_may_supply_it_edits_what_the_case_holds(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        for (who, item, code) in [
            (&world.org_dept, "resource_card", "ROLE_NOT_ENTITLED"),
            (&world.reviewer, "resource_card", "ORG_NOT_ENTITLED"),
            (&world.outsider, "resource_card", "NOT_FOUND"),
            (&world.keeper, "quality_review", "CONTENT_UNKNOWN"),
            (&world.keeper, "nothing", "FIELDS_INVALID"),
        ] {
            let refused = world.edit(who, &case, item, "sm3:2222").await.expect_err(code);
            assert_eq!(reason(&refused), code, "{item}");
        }
    }

    async fn a_closed_case_and_an_old_revision_are_refused(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let closed = world.take(&world.org_dept, &case, "refuse", "return_reason").await;
        let old = world.edit(&world.keeper, &case, "resource_card", "sm3:2222").await.expect_err("old");
        assert_eq!(reason(&old), "CASE_CHANGED");
        let refused = world.edit(&world.keeper, &closed, "resource_card", "sm3:2222").await.expect_err("closed");
        assert_eq!(reason(&refused), "CASE_CLOSED");
    }
}
