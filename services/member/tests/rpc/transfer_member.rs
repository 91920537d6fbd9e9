//! TransferMember: one branch until the day before, another from the day on.

use proto::member::v1::{
    CountMembersRequest, Member, TransferMemberRequest, member_service_server::MemberService,
};
use testkit::database::Database;
use testkit::stage::{new_id, reason};

use crate::scene::{Scene, row};

fn asked(scene: &Scene, member: &Member, to: kernel::id::OrganizationId, on: &str) -> TransferMemberRequest {
    TransferMemberRequest {
        organization_id: scene.county.to_string(),
        person_id: member.person_id.clone(),
        to_branch_id: to.to_string(),
        on: on.into(),
        etag: member.etag.clone(),
        request_id: new_id(),
    }
}

async fn one(scene: &Scene) -> Member {
    let ids = scene.settle(vec![row(1, scene.home)]).await;
    scene.get(&scene.department, &ids[0], "").await.expect("there")
}

async fn full(scene: &Scene, of: kernel::id::OrganizationId, on: &str) -> u32 {
    let request = CountMembersRequest {
        organization_id: of.to_string(),
        as_of: on.into(),
    };
    scene
        .rpc
        .count_members(scene.department.asks(request))
        .await
        .expect("counted")
        .into_inner()
        .full
}

testkit::on_both! {
    async fn the_origin_is_responsible_until_the_day_before_r_205(database: Database) {
        let scene = Scene::open(&database).await;
        let member = one(&scene).await;
        let request = asked(&scene, &member, scene.next, "2025-06-10");
        let moved = scene.rpc.transfer_member(scene.department.asks(request.clone())).await.expect("moved").into_inner();
        let there = moved.member.clone().expect("member");
        assert_eq!((there.branch_id, there.branch_since), (scene.next.to_string(), "2025-06-10".to_owned()));
        for (day, home, next) in [("2025-06-09", 1, 0), ("2025-06-10", 0, 1)] {
            assert_eq!((full(&scene, scene.home, day).await, full(&scene, scene.next, day).await), (home, next), "{day}");
        }
        let again = scene.rpc.transfer_member(scene.department.asks(request)).await.expect("replayed").into_inner();
        assert_eq!(again, moved, "the same request, the same answer");
        assert_eq!(reason(&scene.get(&scene.clerk, &member.person_id, "2025-06-10").await.expect_err("left")), "NOT_FOUND");
        assert!(scene.get(&scene.neighbour, &member.person_id, "2025-06-10").await.is_ok());
    }

    async fn each_reason_against_it_has_its_name(database: Database) {
        let scene = Scene::open(&database).await;
        let member = one(&scene).await;
        for (to, on, wanted) in [
            (scene.county, "2025-06-10", "BRANCH_NOT_A_BRANCH"),
            (scene.temporary, "2025-06-10", "TEMPORARY_ORG"),
            (scene.home, "2025-06-10", "ALREADY_THERE"),
            (scene.next, "2010-06-30", "BEFORE_JOINING"),
            (scene.next, "2012-01-01", "SECOND_PRIMARY_BRANCH"),
            (scene.far, "2025-06-10", "BRANCH_UNKNOWN"),
        ] {
            let request = asked(&scene, &member, to, on);
            let refused = scene.rpc.transfer_member(scene.department.asks(request)).await.expect_err("refused");
            assert_eq!(reason(&refused), wanted);
        }
        let stale = TransferMemberRequest { etag: "old".into(), ..asked(&scene, &member, scene.next, "2025-06-10") };
        let refused = scene.rpc.transfer_member(scene.department.asks(stale)).await.expect_err("refused");
        assert_eq!(reason(&refused), "ETAG_MISMATCH");
    }

    async fn a_member_of_another_county_is_absent(database: Database) {
        let scene = Scene::open(&database).await;
        let member = one(&scene).await;
        let request = TransferMemberRequest {
            organization_id: scene.far_county.to_string(),
            ..asked(&scene, &member, scene.far, "2025-06-10")
        };
        let refused = scene.rpc.transfer_member(scene.far_department.asks(request)).await.expect_err("hidden");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }

    async fn of_two_clerks_at_once_one_wins(database: Database) {
        let scene = Scene::open(&database).await;
        let other = scene.replica(&database).await;
        let member = one(&scene).await;
        let mine = scene.department.asks(asked(&scene, &member, scene.next, "2025-06-10"));
        let theirs = other.department.asks(asked(&scene, &member, scene.next, "2025-06-11"));
        let (one, two) = tokio::join!(scene.rpc.transfer_member(mine), other.rpc.transfer_member(theirs));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
        let lost = one.err().or(two.err()).expect("one lost");
        assert_eq!(reason(&lost), "ETAG_MISMATCH");
        assert_eq!(full(&scene, scene.county, "2025-06-12").await, 1);
    }
}
