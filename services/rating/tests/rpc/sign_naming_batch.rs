use kernel::{Role, id::OrganizationId};
use proto::{
    process::v1::{AnswerObjectionRequest, ObjectRequest, process_service_server::ProcessService},
    rating::v1::Cycle,
};
use rating::domain::naming::Certificate;
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};

use crate::{get_certificate::certificate, take_step::reviewed, world::World};

/// One of four branches is to be named with five stars, the county's publicity being over.
async fn five_to_name(world: &World) -> (Cycle, OrganizationId) {
    let cycle = world.frozen().await;
    for (branch, mark) in world.branches.iter().zip([100, 99, 98, 97]) {
        world.resolved(&cycle, *branch, mark).await;
    }
    let first = world.branches[0];
    reviewed(world, &cycle, &[first]).await;
    let clerk = Person::with(&[(Role::Clerk, world.county)]);
    for (who, step, given) in [
        (&world.org_dept, "propose_naming", ("naming_proposal", "拟命名")),
        (&clerk, "consent", ("consent_minutes", "m-3")),
        (&world.org_dept, "publish_county", ("county_notice", "公示")),
    ] {
        world.step(who, first, step, &[given]).await.expect(step);
    }
    world.until("2026-04-10");
    let closed = [("publicity_result", "无异议")];
    world
        .step(&world.org_dept, first, "close_publicity", &closed)
        .await
        .expect("S-310");
    (cycle, first)
}

/// Somebody objects to the five stars, and is right.
async fn overturned(world: &World, branch: OrganizationId) {
    let case = world.case("star_rating", branch).await;
    let request = ObjectRequest {
        case_id: case.id.clone(),
        objection: "county".into(),
        grounds: "与事实不符".into(),
        on: String::new(),
        request_id: new_id(),
    };
    world
        .procedures
        .object(world.secretary(branch).asks(request))
        .await
        .expect("an objection");
    let request = AnswerObjectionRequest {
        case_id: case.id,
        revision: world.case("star_rating", branch).await.revision,
        objection: "county".into(),
        upheld: true,
        answer: "属实".into(),
        on: String::new(),
        request_id: new_id(),
    };
    let decider = Person::with(&[(Role::OrgDept, world.county)]);
    world
        .procedures
        .answer_objection(decider.asks(request))
        .await
        .expect("upheld");
}

/// A branch whose low star is decided, the publicity being over; its cycle.
pub(crate) async fn decided_low(world: &World, branch: OrganizationId) -> Cycle {
    world.make_poor(branch);
    let cycle = world.frozen().await;
    world.resolved(&cycle, branch, 20).await;
    world.decided(&[branch]).await;
    cycle
}

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

    async fn five_stars_are_signed_by_the_county_only(database: Database) {
        let world = World::open(&database, 4).await;
        let (cycle, first) = five_to_name(&world).await;
        let refused = world.sign(&cycle, &[first]).await.expect_err("S-309");
        assert_eq!(reason(&refused), "STAR_ABOVE_AUTHORITY");
        let clerk = Person::with(&[(Role::Clerk, world.county)]);
        let batch = world.sign_as(&clerk, world.county, &cycle, &[first]).await.expect("S-310").batch_id;
        let lead = Person::with(&[(Role::OrgDeptLead, world.county)]);
        let named = world.step(&lead, first, "name_five", &[("naming_batch", &batch)]).await.expect("named");
        assert_eq!(named.state, "named");
        let says = certificate(&world, &cycle, first).await.expect("a certificate").certificate_json;
        let says: Certificate = serde_json::from_str(&says).expect("JSON");
        assert_eq!((says.star, says.named_by), (5, world.county));
    }

    async fn the_county_signs_the_five_stars_of_a_branch_that_has_moved_away(database: Database) {
        let world = World::open(&database, 4).await;
        let (cycle, first) = five_to_name(&world).await;
        world.moved(first).await;
        let clerk = Person::with(&[(Role::Clerk, world.county)]);
        let batch = world.sign_as(&clerk, world.county, &cycle, &[first]).await.expect("S-310").batch_id;
        let there = Person::with(&[(Role::OrgDeptLead, world.elsewhere)]);
        world.step(&there, first, "name_five", &[("naming_batch", &batch)]).await.expect("named");
    }

    async fn four_stars_and_fewer_are_signed_by_the_superior_or_the_county(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        let cycle = decided_low(&world, branch).await;
        let city = Person::with(&[(Role::Clerk, world.city)]);
        let refused = world.sign_as(&city, world.city, &cycle, &[branch]).await.expect_err("S-311");
        assert_eq!(reason(&refused), "NAMED_BY_OTHERS");
        let clerk = Person::with(&[(Role::Clerk, world.county)]);
        world.sign_as(&clerk, world.county, &cycle, &[branch]).await.expect("S-311");
    }

    async fn what_is_decided_anew_is_signed_anew_and_what_was_signed_before_stands_no_more(database: Database) {
        let world = World::open(&database, 4).await;
        let (cycle, first) = five_to_name(&world).await;
        let clerk = Person::with(&[(Role::Clerk, world.county)]);
        let five = world.sign_as(&clerk, world.county, &cycle, &[first]).await.expect("signed").batch_id;
        overturned(&world, first).await;
        assert_eq!(reason(&certificate(&world, &cycle, first).await.expect_err("overturned")), "NOT_FOUND");

        let again = [("committee_resolution", "m-4"), ("proposed_star", "4")];
        world.step(&world.head, first, "redecide", &again).await.expect("four stars");
        world.step(&world.clerk, first, "publish_local", &[("publicity_notice", "公示")]).await.expect("published");
        world.until("2026-04-30");
        world.step(&world.clerk, first, "decide", &[("decision_record", "决定")]).await.expect("decided");
        let name = async |batch: &str| world.step(&world.clerk, first, "name_local", &[("naming_batch", batch)]).await;
        assert_eq!(reason(&name(&five).await.expect_err("of another star")), "BATCH_NOT_SIGNED");
        let four = world.sign(&cycle, &[first]).await.expect("signed anew").batch_id;
        assert_eq!(reason(&world.sign(&cycle, &[first]).await.expect_err("again")), "ALREADY_IN_BATCH");
        assert_eq!(name(&four).await.expect("S-311").state, "named");
        let answer = certificate(&world, &cycle, first).await.expect("a certificate");
        let says: Certificate = serde_json::from_str(&answer.certificate_json).expect("JSON");
        assert_eq!((says.star, says.number.as_str(), answer.batch_id), (4, "2025-002-0001", four));
    }

    async fn an_open_objection_blocks_the_naming(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        let cycle = decided_low(&world, branch).await;
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
