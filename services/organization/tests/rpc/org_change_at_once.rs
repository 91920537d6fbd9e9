//! Moves at the same time as others, and the same move more than once.

use std::time::Duration;

use kernel::Role;
use organization::store::subtrees;
use proto::organization::v1::OrganizationKind;
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::{
    change::{County, TODAY, YESTERDAY, effective},
    world::row,
};

/// Long enough for what does not wait to be done.
const BRIEFLY: Duration = Duration::from_millis(500);

testkit::on_both! {
    async fn of_two_towns_that_move_below_each_other_exactly_one_does(database: Database) {
        let county = County::open(&database).await;
        let clerk = Person::with(&[(Role::Clerk, county.world.root)]);
        let county = County { clerk, ..county };
        let names: Vec<[String; 2]> = (0..6).map(|k| [format!("left{k}"), format!("right{k}")]).collect();
        let rows = (0..).zip(names.iter().flatten());
        let rows = rows.map(|(line, name)| row(line, name, "root", OrganizationKind::Committee));
        county.world.add(rows.collect()).await;
        let mut pairs = Vec::new();
        for [left, right] in &names {
            let (left, right) = (county.world.id(left).await, county.world.id(right).await);
            pairs.push([county.approved(left, right).await, county.approved(right, left).await]);
        }
        // Nothing but the number of tries makes them meet: where both move, the tree has a ring.
        let both = pairs
            .iter()
            .map(|[one, other]| futures::future::join(county.take_effect(one), county.take_effect(other)));
        for answer in futures::future::join_all(both).await {
            let lost = match answer {
                (Ok(_), Err(lost)) | (Err(lost), Ok(_)) => lost,
                both => unreachable!("exactly one wins: {both:?}"),
            };
            assert!(["TREE_BROKEN", "PREVIEW_CHANGED"].contains(&reason(&lost).as_str()), "{lost:?}");
        }
        county.world.assert_whole().await;
    }

    async fn a_move_waits_for_whoever_adds_to_the_tree(database: Database) {
        let county = County::open(&database).await;
        let case = county.approved(county.b1, county.town2).await;
        let adding = county.world.stage.store.work("another replica").await.expect("a unit of work");
        subtrees::keep(&adding).await.expect("kept");
        let moving = county.take_effect(&case);
        tokio::pin!(moving);
        assert!(tokio::time::timeout(BRIEFLY, &mut moving).await.is_err(), "it did not wait");
        drop(adding);
        moving.await.expect("in effect");
    }

    async fn whoever_adds_to_the_tree_waits_for_a_move(database: Database) {
        let county = County::open(&database).await;
        let moving = county.world.stage.store.work("another replica").await.expect("a unit of work");
        subtrees::keep_alone(&moving).await.expect("kept");
        let adding = county.world.import(vec![row(1, "new", "town", OrganizationKind::Branch)]);
        tokio::pin!(adding);
        assert!(tokio::time::timeout(BRIEFLY, &mut adding).await.is_err(), "it did not wait");
        drop(moving);
        assert_eq!(adding.await.expect("added").result.map(|r| r.created), Some(1));
    }

    async fn the_same_step_sent_again_gives_the_same_answer_and_moves_once(database: Database) {
        let county = County::open(&database).await;
        let case = county.approved(county.b1, county.town2).await;
        let request = effective(&case, TODAY);
        let twins = (0..6).map(|_| county.attempt(&county.approver, request.clone()));
        let answers: Vec<_> = futures::future::join_all(twins).await.into_iter().map(|a| a.expect("an answer")).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        let again = county.attempt(&county.approver, request.clone()).await.expect("again");
        assert_eq!(again, answers[0]);
        assert_eq!(county.read(county.b1, "").await.expect("read").version, 2, "it moved once");
        let mut other = request;
        other.evidence[0].value = YESTERDAY.into();
        let reused = county.attempt(&county.approver, other).await.expect_err("another body");
        assert_eq!(reason(&reused), "KEY_REUSED");
    }

    async fn of_two_who_take_the_step_one_is_told_that_it_was_taken(database: Database) {
        let county = County::open(&database).await;
        let case = county.approved(county.b1, county.town2).await;
        let second = Person::with(&[(Role::Clerk, county.world.root)]);
        let (one, other) = tokio::join!(
            county.attempt(&county.approver, effective(&case, TODAY)),
            county.attempt(&second, effective(&case, TODAY)),
        );
        let lost = match (one, other) {
            (Ok(_), Err(lost)) | (Err(lost), Ok(_)) => lost,
            both => unreachable!("exactly one wins: {both:?}"),
        };
        assert_eq!(reason(&lost), "CASE_CHANGED");
        assert_eq!(county.read(county.b1, "").await.expect("read").version, 2);
    }

    async fn what_is_imported_below_it_meanwhile_stands_below_it(database: Database) {
        let county = County::open(&database).await;
        let clerk = Person::with(&[(Role::Clerk, county.world.root)]);
        let county = County { clerk, ..county };
        let case = county.approved(county.town, county.town2).await;
        let name = |k: u32| format!("new{k}");
        let imports = (0..8).map(|k| county.world.import(vec![row(k, &name(k), "town", OrganizationKind::Branch)]));
        let (moved, imported) = tokio::join!(county.take_effect(&case), futures::future::join_all(imports));
        for answer in imported {
            assert_eq!(answer.expect("an import").result.map(|r| r.created), Some(1));
        }
        match moved {
            Ok(_) => {}
            Err(status) => assert_eq!(reason(&status), "PREVIEW_CHANGED", "somebody was quicker"),
        }
        county.world.assert_whole().await;
    }
}
