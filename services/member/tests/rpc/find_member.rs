//! FindMember: by blind index, however the number was typed.

use proto::member::v1::{FindMemberRequest, member_service_server::MemberService};
use testkit::database::Database;
use testkit::stage::reason;

use crate::scene::{Scene, identity_number, row};

fn asked(number: &str, purpose: &str) -> FindMemberRequest {
    FindMemberRequest {
        identity_number: number.into(),
        purpose: purpose.into(),
    }
}

testkit::on_both! {
    async fn the_member_is_found_and_shown_masked(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle((1..40).map(|n| row(n, scene.home)).collect()).await;
        let with_x = (1..40).find(|n| identity_number(*n).ends_with('X')).expect("one in eleven");
        let number = identity_number(with_x);
        let wide: String = number.chars().map(|c| c.to_digit(10).map_or('ｘ', |d| char::from_u32('０' as u32 + d).expect("digit"))).collect();
        for typed in [number.clone(), number.to_lowercase(), wide] {
            let found = scene.rpc.find_member(scene.clerk.asks(asked(&typed, "核对身份"))).await.expect("found");
            let member = found.into_inner().member.expect("member");
            assert_eq!(member.person_id, ids[with_x as usize - 1]);
            assert!(!member.identity_number_masked.contains("0101"));
        }
    }

    async fn nobody_and_somebody_elsewhere_are_one_answer(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![row(1, scene.home)]).await;
        let elsewhere = scene.rpc.find_member(scene.neighbour.asks(asked(&identity_number(1), "核对身份"))).await;
        let nobody = scene.rpc.find_member(scene.neighbour.asks(asked(&identity_number(2), "核对身份"))).await;
        let (elsewhere, nobody) = (elsewhere.expect_err("hidden"), nobody.expect_err("absent"));
        assert_eq!(reason(&elsewhere), "NOT_FOUND");
        assert_eq!((reason(&nobody), nobody.message()), (reason(&elsewhere), elsewhere.message()));
        assert_eq!(scene.stage.audited("FindMember").await, ["NOT_FOUND", "NOT_FOUND"], "both on record");
    }

    async fn a_number_that_nobody_can_have_and_a_missing_purpose_are_refused(database: Database) {
        let scene = Scene::open(&database).await;
        let wrong = scene.rpc.find_member(scene.clerk.asks(asked("619900198001010020", "核对身份"))).await.expect_err("no");
        assert_eq!(reason(&wrong), "FIELDS_INVALID");
        assert!(!format!("{wrong:?}").contains("619900198001010020"));
        let silent = scene.rpc.find_member(scene.clerk.asks(asked(&identity_number(1), ""))).await.expect_err("no");
        assert_eq!(reason(&silent), "PURPOSE_MISSING");
    }
}
