//! What a move is refused for.

use kernel::{Role, id::OrganizationId};
use proto::organization::v1::OrganizationKind;
use testkit::{
    database::Database,
    stage::{Person, reason, told},
};
use tonic::Status;

use crate::{
    change::{County, YESTERDAY, effective},
    world::row,
};

fn why(status: &Status) -> (String, String) {
    (reason(status), told(status).remove("because").unwrap_or_default())
}

fn broken(rule: &str) -> (String, String) {
    ("TREE_BROKEN".to_owned(), rule.to_owned())
}

testkit::on_both! {
    async fn a_tree_that_would_not_stay_whole_is_refused_with_the_rule_behind_it(database: Database) {
        let county = County::open(&database).await;
        let mut gone = row(1, "gone", "root", OrganizationKind::Committee);
        gone.dissolved_on = YESTERDAY.into();
        county.world.add(vec![gone]).await;
        let (town, b1) = (county.town, county.b1);
        let above = Person::with(&[(Role::Clerk, county.world.root)]);
        let draft = async |moved, target| {
            let by = if moved == town { &above } else { &county.clerk };
            why(&county.draft(by, moved, target).await.expect_err("a broken tree"))
        };
        assert_eq!(draft(town, town).await, broken("MOVED_BELOW_ITSELF"));
        assert_eq!(draft(town, b1).await, broken("MOVED_BELOW_ITSELF"));
        assert_eq!(draft(b1, town).await, broken("ALREADY_THERE"));
        assert_eq!(draft(b1, OrganizationId::new()).await, broken("TARGET_UNKNOWN"));
        assert_eq!(draft(b1, county.world.id("gone").await).await, broken("NOT_IN_EXISTENCE"));
        assert_eq!(draft(b1, county.world.id("b3").await).await, broken("KIND_NOT_ALLOWED_HERE"));
        assert_eq!(draft(county.g1, county.town2).await, broken("KIND_NOT_ALLOWED_HERE"));
        let mut nowhere = county.opening(b1, town);
        nowhere.anchors.clear();
        let refused = proto::process::v1::process_service_server::ProcessService::open_case(
            &county.world.procedures,
            county.clerk.asks(nowhere),
        );
        assert_eq!(why(&refused.await.expect_err("no target")), broken("TARGET_UNKNOWN"));
    }

    async fn who_may_not_propose_is_not_told_what_is_wrong_with_it(database: Database) {
        let county = County::open(&database).await;
        let inspector = Person::with(&[(Role::Inspector, county.town)]);
        for target in [county.town, OrganizationId::new()] {
            let refused = county.draft(&inspector, county.b1, target).await.expect_err("no clerk");
            assert_eq!(why(&refused), ("ROLE_NOT_ENTITLED".to_owned(), String::new()));
        }
    }

    async fn other_changes_are_not_offered_and_nobody_changes_another_organization_than_his_own(database: Database) {
        let county = County::open(&database).await;
        let open = async |request| {
            let procedures = &county.world.procedures;
            let refused = proto::process::v1::process_service_server::ProcessService::open_case(
                procedures,
                county.clerk.asks(request),
            );
            reason(&refused.await.expect_err("refused"))
        };
        for variant in ["rename", "merge", "split", "abolish", "make_permanent", "found"] {
            let mut request = county.opening(county.b1, county.town2);
            request.variant = variant.into();
            assert_eq!(open(request).await, "CHANGE_NOT_OFFERED", "{variant}");
        }
        let mut foreign = county.opening(county.b1, county.town2);
        foreign.subject_id = county.world.id("b3").await.to_string();
        assert_eq!(open(foreign).await, "SUBJECT_ELSEWHERE");
    }

    async fn an_organization_has_one_open_change_at_a_time(database: Database) {
        let county = County::open(&database).await;
        county.draft(&county.clerk, county.b1, county.town2).await.expect("drafted");
        let second = county.draft(&county.clerk, county.b1, county.town2).await.expect_err("a second");
        assert_eq!(reason(&second), "ONE_OPEN_CASE");
    }

    async fn whoever_proposes_neither_consents_nor_approves(database: Database) {
        let county = County::open(&database).await;
        let all = Person::with(&[
            (Role::Clerk, county.world.root),
            (Role::Secretary, county.town2),
            (Role::Clerk, county.town),
        ]);
        let case = county.draft(&all, county.b1, county.town2).await.expect("drafted");
        let case = county.take(&all, &case, "ask_consent", &["consent_request"]).await.expect("asked");
        let refused = county.take(&all, &case, "consent_to", &["consent_to"]).await.expect_err("X15");
        assert_eq!(reason(&refused), "SAME_PERSON");
        let one_sided = county.take(&all, &case, "submit_move", &["request_letter"]).await.expect_err("X15");
        assert_eq!(reason(&one_sided), "STEPS_MISSING");
    }

    async fn what_changed_meanwhile_stops_it_until_the_difference_is_drawn_up_anew(database: Database) {
        let county = County::open(&database).await;
        let case = county.submitted(&county.clerk, county.b1, county.town2).await;
        let mut renamed = row(1, "b1", "town", OrganizationKind::Branch);
        renamed.name = "新名支部".into();
        county.world.add(vec![renamed]).await;
        let stale = county.approve(&case).await.expect_err("renamed meanwhile");
        assert_eq!(reason(&stale), "BASE_VERSION_STALE");
        let old = county.edit(&county.clerk, &case, "org_diff", "0123456789abcdef sm3:1").await;
        assert_eq!(reason(&old.expect_err("another etag")), "BASE_VERSION_STALE");
        let etag = county.read(county.b1, "").await.expect("read").etag;
        let case = county.edit(&county.clerk, &case, "org_diff", &format!("{etag} sm3:1")).await.expect("anew");
        assert_eq!(case.state, "consenting", "X11: both consented to the old difference");
        let case = county.consented(&county.clerk, &case, county.b1, county.town2).await;
        let case = county.approve(&case).await.expect("approved");
        county.take_effect(&case).await.expect("in effect");
    }

    async fn a_subtree_that_grew_meanwhile_stops_it_until_the_preview_is_drawn_up_anew(database: Database) {
        let county = County::open(&database).await;
        let case = county.approved(county.b1, county.town2).await;
        county.world.add(vec![row(1, "g2", "b1", OrganizationKind::PartyGroup)]).await;
        let changed = county.take_effect(&case).await.expect_err("X15");
        assert_eq!(reason(&changed), "PREVIEW_CHANGED");
        assert_eq!(county.read(county.b1, "").await.expect("read").path[1], county.town.to_string());
        let case = county.edit(&county.clerk, &case, "access_delta", "sm3:2").await.expect("anew");
        assert_eq!(case.state, "consenting");
        let case = county.consented(&county.clerk, &case, county.b1, county.town2).await;
        let case = county.approve(&case).await.expect("approved");
        county.take_effect(&case).await.expect("in effect");
        county.world.assert_whole().await;
    }

    async fn a_move_takes_effect_on_the_day_itself(database: Database) {
        let county = County::open(&database).await;
        let case = county.approved(county.b1, county.town2).await;
        for other in [YESTERDAY, "2025-06-02"] {
            let refused = county.attempt(&county.approver, effective(&case, other)).await.expect_err("another day");
            assert_eq!(reason(&refused), "EFFECTIVE_NOT_TODAY");
        }
        county.take_effect(&case).await.expect("today");
    }
}
