//! CountMembers: by subtree and date, small cells hidden.

use proto::member::v1::{
    CountMembersRequest, CountMembersResponse, MemberRow, Standing, member_service_server::MemberService,
};
use testkit::database::Database;
use testkit::stage::{Person, reason};

use crate::scene::{Scene, row};

async fn count(
    scene: &Scene,
    caller: &Person,
    of: kernel::id::OrganizationId,
    as_of: &str,
) -> Result<CountMembersResponse, tonic::Status> {
    let request = CountMembersRequest {
        organization_id: of.to_string(),
        as_of: as_of.into(),
    };
    Ok(scene.rpc.count_members(caller.asks(request)).await?.into_inner())
}

testkit::on_both! {
    async fn heads_of_a_subtree_add_up_on_any_date(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![
            row(1, scene.home),
            MemberRow {
                standing: Standing::Probationary.into(),
                joined_on: "2025-01-10".into(),
                full_on: String::new(),
                branch_since: "2025-01-10".into(),
                ..row(2, scene.home)
            },
            MemberRow { exempt_from: "2025-02-01".into(), ..row(3, scene.next) },
        ]).await;
        let heads = |c: CountMembersResponse| (c.full, c.probationary, c.exempt);
        let at = |of, day: &'static str| count(&scene, &scene.department, of, day);
        assert_eq!(heads(at(scene.county, "2025-01-09").await.expect("counted")), (2, 0, 0));
        assert_eq!(heads(at(scene.county, "").await.expect("counted")), (2, 1, 1));
        assert_eq!(heads(at(scene.home, "").await.expect("counted")), (1, 1, 0));
        assert_eq!(heads(at(scene.next, "").await.expect("counted")), (1, 0, 1));
    }

    async fn cells_under_five_are_hidden_x18(database: Database) {
        let scene = Scene::open(&database).await;
        let educated = |n: u32| if n < 12 { "20" } else if n < 19 { "30" } else { "60" };
        scene.settle((0..21).map(|n| MemberRow { education: educated(n).into(), ..row(n, scene.home) }).collect()).await;
        let counted = count(&scene, &scene.department, scene.county, "").await.expect("counted");
        let told: Vec<_> = counted.by_education.into_iter().map(|cell| (cell.code, cell.count)).collect();
        assert_eq!(told, [("20".to_owned(), Some(12)), ("30".to_owned(), None), ("60".to_owned(), None)]);
        assert_eq!(counted.by_age.into_iter().filter_map(|cell| cell.count).sum::<u32>(), 21, "all born in 1980");
    }

    async fn a_foreign_subtree_is_absent(database: Database) {
        let scene = Scene::open(&database).await;
        let refused = count(&scene, &scene.far_department, scene.county, "").await.expect_err("hidden");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
