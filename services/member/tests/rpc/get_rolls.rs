//! GetRolls: who should attend, for activity alone.

use proto::member::v1::{
    GetRollsRequest, MemberRow, RollDay, Standing, member_service_server::MemberService,
};
use testkit::database::Database;
use testkit::stage::{Person, new_id, reason};

use crate::scene::{Scene, row};

testkit::on_both! {
    async fn a_roll_is_that_of_its_branch_and_day_in_the_order_asked(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![
            MemberRow { leading_cadre: true, ..row(1, scene.home) },
            MemberRow { branch_until: "2025-03-31".into(), exempt_from: "2025-01-01".into(), ..row(2, scene.home) },
            MemberRow {
                standing: Standing::Probationary.into(),
                joined_on: "2025-04-01".into(),
                full_on: String::new(),
                branch_since: "2025-04-01".into(),
                ..row(3, scene.next)
            },
        ]).await;
        let day = |branch: String, on: &str| RollDay { branch_id: branch, on: on.into() };
        let days = vec![
            day(scene.next.to_string(), "2025-04-01"),
            day(scene.home.to_string(), "2025-04-01"),
            day(scene.home.to_string(), "2025-03-31"),
            day(new_id(), "2025-04-01"),
        ];
        let activity = Person::service("activity");
        let rolls = scene.rpc.get_rolls(activity.asks(GetRollsRequest { days })).await.expect("rolls").into_inner().rolls;
        let heads: Vec<_> = rolls.iter().map(|roll| (roll.full, roll.probationary, roll.exempt, roll.members.len())).collect();
        assert_eq!(heads, [(0, 1, 0, 1), (1, 0, 0, 1), (2, 0, 1, 2), (0, 0, 0, 0)]);
        assert_eq!(rolls[1].members[0].person_id, ids[0]);
        assert!(rolls[1].members[0].leading_cadre && !rolls[0].members[0].leading_cadre);
    }

    async fn people_and_other_services_may_not_ask(database: Database) {
        let scene = Scene::open(&database).await;
        let days = vec![RollDay { branch_id: scene.home.to_string(), on: "2025-04-01".into() }];
        for stranger in [scene.department.clone(), Person::service("rating")] {
            let refused = scene.rpc.get_rolls(stranger.asks(GetRollsRequest { days: days.clone() })).await;
            assert_eq!(reason(&refused.expect_err("refused")), "SERVICE_ONLY");
        }
    }
}
