use kernel::{Role, id::OrganizationId};
use proto::{
    process::v1::{EditEvidenceRequest, Evidence, ListWorkRequest, process_service_server::ProcessService},
    rating::v1::{Cycle, rating_service_server::RatingService},
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};

use crate::{
    run_quota,
    sign_naming_batch::decided_low,
    world::{SEED, World},
};

/// The quota ran, and branches that are proposed for five stars are checked by the county.
pub(crate) async fn reviewed(world: &World, cycle: &Cycle, branches: &[OrganizationId]) {
    run_quota::run(world, cycle, SEED).await.expect("the quota");
    for branch in branches {
        let given = [("publicity_notice", "公示")];
        let published = world.step(&world.clerk, *branch, "publish_local", &given).await;
        published.expect("published");
    }
    world.until("2026-03-20");
    let department = Person::with(&[(Role::Department, world.county)]);
    let checker = Person::with(&[(Role::OrgDept, world.county)]);
    for branch in branches {
        let decide = [("decision_record", "决定")];
        let decide = world.step(&world.clerk, *branch, "decide", &decide).await;
        assert_eq!(reason(&decide.expect_err("S-309")), "STAR_ABOVE_AUTHORITY");
        for (who, step, given) in [
            (&world.clerk, "propose_five", ("five_star_file", "材料")),
            (&checker, "site_check", ("site_check_record", "核查")),
            (&department, "dept_opinion", ("dept_opinion", "无异议")),
        ] {
            world.step(who, *branch, step, &[given]).await.expect(step);
        }
    }
}

testkit::on_both! {
    async fn the_committee_cannot_propose_more_than_the_rules_give_nor_on_another_explanation(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        world.make_poor(branch);
        let cycle = world.frozen().await;
        let rated = world.evaluated(&cycle, branch, 20).await;
        let above = world.resolve(branch, rated.star_vetoes + 1, &rated.explanation_hash).await.expect_err("S-307");
        assert_eq!(reason(&above), "STAR_AGAINST_RULE");
        let other = world.resolve(branch, rated.star_vetoes, "sm3:00").await.expect_err("X11");
        assert_eq!(reason(&other), "STAR_AGAINST_RULE");
        world.resolve(branch, rated.star_vetoes, &rated.explanation_hash).await.expect("resolved");
    }

    async fn a_fact_that_somebody_overwrote_stops_the_self_assessment(database: Database) {
        let world = World::open(&database, 1).await;
        world.frozen().await;
        let meddling = "UPDATE facts SET body = replace(body, '\"numerator\":4', '\"numerator\":3')";
        database.meddle(&world.stage.store, meddling).await;
        let branch = world.branches[0];
        let given = [("self_assessment", "自评"), ("claimed_star", "4")];
        let refused = world.step(world.secretary(branch), branch, "submit", &given).await.expect_err("S-308");
        assert_eq!(reason(&refused), "COMPUTED_FACT_OVERWRITTEN");
    }

    async fn without_a_debrief_the_debrief_step_is_refused_until_activity_knows_of_one(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        world.peers.count(branch, "activity.debrief.held", 0, 2);
        let cycle = world.frozen().await;
        world.submit(branch).await;
        let early = world.enter(&cycle, vec![world.row(1, branch, 90)]).await;
        assert_eq!(early.errors[0].reason, "MEETING_NOT_A_DEBRIEF", "nobody could give marks yet");
        let given = [("debrief_minutes", "m-1"), ("review_score", "90")];
        let refused = world.step(&world.clerk, branch, "debrief", &given).await.expect_err("R-125");
        assert_eq!(reason(&refused), "DEBRIEF_NOT_HELD");
        world.peers.count(branch, "activity.debrief.held", 1, 2);
        world.debrief(branch).await;
    }

    async fn the_debrief_of_a_branch_that_moved_after_the_freeze_is_asked_where_it_stands(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        world.peers.count(branch, "activity.debrief.held", 0, 2);
        world.frozen().await;
        world.submit(branch).await;
        world.peers.count(branch, "activity.debrief.held", 1, 2);
        world.moved(branch).await;
        let clerk = Person::with(&[(Role::Clerk, world.elsewhere)]);
        let given = [("debrief_minutes", "m-1"), ("review_score", "90")];
        let debriefed = world.step(&clerk, branch, "debrief", &given).await;
        assert_eq!(debriefed.expect("R-125").state, "debriefed");
    }

    async fn a_low_star_is_named_and_opens_one_rectification_case(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        let cycle = decided_low(&world, branch).await;
        let unsigned = world.step(&world.clerk, branch, "name_local", &[("naming_batch", "none")]).await;
        assert_eq!(reason(&unsigned.expect_err("S-311")), "BATCH_NOT_SIGNED");
        let batch = world.sign(&cycle, &[branch]).await.expect("signed").batch_id;
        let named = world.step(&world.clerk, branch, "name_local", &[("naming_batch", &batch)]).await.expect("named");
        assert_eq!((named.state.as_str(), named.end.as_str()), ("named", "done"));
        let case = world.case("rectification", branch).await;
        assert_eq!((case.state.as_str(), case.variant.as_str()), ("nominated", "star"), "S-315");
        let decided = crate::get_result::result(&world, branch).await.result.expect("a result").star_decided;
        assert!((1..=2).contains(&decided));
    }

    async fn five_stars_go_to_the_county_and_only_within_the_quota(database: Database) {
        let world = World::open(&database, 4).await;
        let cycle = world.frozen().await;
        for (k, branch) in world.branches.iter().enumerate() {
            world.resolved(&cycle, *branch, [100, 99, 98, 97][k]).await;
        }
        let (first, second) = (world.branches[0], world.branches[1]);
        reviewed(&world, &cycle, &[first, second]).await;
        let at = |rank| [("waiting_rank", rank)];
        for (branch, rank) in [(second, "999"), (first, "0"), (first, "1")] {
            let queued = world.step(&world.org_dept, branch, "queue", &at(rank)).await;
            assert_eq!(reason(&queued.expect_err("S-312")), "WAITING_RANK_DIFFERS", "{rank}");
            assert_eq!(world.case("star_rating", branch).await.state, "county_review", "nothing is kept");
        }
        let naming = [("naming_proposal", "拟命名")];
        world.step(&world.org_dept, first, "propose_naming", &naming).await.expect("within the quota");
        let refused = world.step(&world.org_dept, second, "propose_naming", &naming).await.expect_err("S-312");
        assert_eq!(reason(&refused), "QUOTA_FULL");
        let queued = world.step(&world.org_dept, second, "queue", &at("1")).await.expect("S-312");
        assert_eq!(queued.state, "waiting");
        let edit = EditEvidenceRequest {
            case_id: queued.id,
            revision: queued.revision,
            evidence: Some(Evidence { item: "waiting_rank".into(), value: "2".into() }),
            request_id: new_id(),
            ..Default::default()
        };
        let edited = world.procedures.edit_evidence(world.org_dept.asks(edit)).await.expect_err("S-312");
        assert_eq!(reason(&edited), "WAITING_RANK_DIFFERS", "nor afterwards");
    }

    async fn who_waits_is_called_up_into_a_free_place_only_and_in_the_order_of_the_list(database: Database) {
        let world = World::open(&database, 7).await;
        let cycle = world.frozen().await;
        for (k, branch) in world.branches.iter().enumerate() {
            world.resolved(&cycle, *branch, [100, 99, 98, 97, 96, 95, 94][k]).await;
        }
        let [one, other, third, fourth] = std::array::from_fn(|k| world.branches[k]);
        reviewed(&world, &cycle, &[one, other, third, fourth]).await;
        for (branch, rank) in [(third, "1"), (fourth, "2")] {
            world.step(&world.org_dept, branch, "queue", &[("waiting_rank", rank)]).await.expect("queued");
        }
        let calls = async || {
            let asked = ListWorkRequest { organization_id: world.county.to_string(), page_size: 1000, ..Default::default() };
            let listed = world.procedures.list_work(world.org_dept.asks(asked)).await.expect("listed").into_inner();
            let calls = listed.work.into_iter().filter(|work| work.step == "call_up");
            calls.map(|work| work.case.expect("a case").subject_id).collect::<Vec<_>>()
        };
        assert_eq!(calls().await, [] as [&str; 0], "nobody is asked for what is refused");
        let call = async |branch| world.step(&world.org_dept, branch, "call_up", &[("change_note", "递补")]).await;
        assert_eq!(reason(&call(third).await.expect_err("S-312")), "NO_PLACE_FREE", "two places, both taken");

        let lead = Person::with(&[(Role::OrgDeptLead, world.county)]);
        let back = [("return_reason", "核查不实")];
        world.step(&lead, one, "county_return", &back).await.expect("sent back");
        assert_eq!(reason(&call(fourth).await.expect_err("S-312")), "NO_PLACE_FREE", "it is the third's");
        world.step(&lead, other, "county_return", &back).await.expect("sent back");
        let before = call(fourth).await.expect_err("S-312");
        assert_eq!(reason(&before), "OTHERS_WAIT_BEFORE");
        assert_eq!(calls().await, [third.to_string()], "in the order of the list");
        assert_eq!(world.case("star_rating", fourth).await.state, "waiting", "nothing is kept");
        for branch in [third, fourth] {
            assert_eq!(call(branch).await.expect("S-312").state, "county_review");
        }
    }

    async fn a_naming_reads_no_branch_but_those_before_it(database: Database) {
        let world = World::open(&database, 4).await;
        let (first, poor) = (world.branches[0], world.branches[3]);
        world.make_poor(poor);
        let cycle = world.frozen().await;
        for (k, branch) in world.branches.iter().enumerate() {
            world.resolved(&cycle, *branch, [100, 99, 98, 20][k]).await;
        }
        reviewed(&world, &cycle, &[first]).await;
        database.meddle(&world.stage.store, "UPDATE outcome SET results = 'unreadable' WHERE standing IS NULL").await;
        let naming = [("naming_proposal", "拟命名")];
        world.step(&world.org_dept, first, "propose_naming", &naming).await.expect("within the quota");
    }

    async fn the_cycle_is_over_with_the_last_case_whoever_names_at_once(database: Database) {
        let world = World::open(&database, 2).await;
        for branch in &world.branches {
            world.make_poor(*branch);
        }
        let cycle = world.frozen().await;
        for branch in &world.branches {
            world.resolved(&cycle, *branch, 20).await;
        }
        world.decided(&world.branches).await;
        let batch = world.sign(&cycle, &world.branches).await.expect("signed").batch_id;
        assert_eq!(world.cycle(&cycle.id).await.state, "frozen");
        let given = [("naming_batch", &*batch)];
        let (one, other) = tokio::join!(
            world.step(&world.clerk, world.branches[0], "name_local", &given),
            world.step(&world.clerk, world.branches[1], "name_local", &given),
        );
        one.expect("named");
        other.expect("named");
        assert_eq!(world.cycle(&cycle.id).await.state, "closed", "S-311");
        run_quota::run(&world, &cycle, SEED).await.expect("the quota as it stands");
    }

    async fn a_branch_still_in_its_old_case_begins_the_new_one_when_that_ends(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        let old = decided_low(&world, branch).await;

        let opening = proto::rating::v1::OpenCycleRequest {
            year: 2026,
            freeze_day: "2027-01-15".into(),
            ..world.opening()
        };
        let new = world.rpc.open_cycle(world.org_dept.asks(opening)).await.expect("opened").into_inner();
        let new = new.cycle.expect("a cycle");
        world.until("2027-01-15");
        let request = proto::rating::v1::FreezeCycleRequest { cycle_id: new.id.clone() };
        world.rpc.freeze_cycle(world.org_dept.asks(request)).await.expect("freezing");
        rating::freezing::pass(&world.app).await.expect("frozen");
        let waiting = world.enter(&new, vec![world.row(1, branch, 90)]).await;
        assert_eq!(waiting.errors[0].reason, "NO_OPEN_CASE", "one case at a time");

        let batch = world.sign(&old, &[branch]).await.expect("signed").batch_id;
        world.step(&world.clerk, branch, "name_local", &[("naming_batch", &batch)]).await.expect("named");
        let ledger = crate::list_findings::all(&world).await;
        let late: Vec<_> = ledger.iter().filter(|one| one.origin == "procedure").collect();
        assert!(!late.is_empty() && late.iter().all(|one| !one.closed_on.is_empty()), "{late:?}");
        assert_eq!(world.enter(&new, vec![world.row(1, branch, 90)]).await.created, 1, "S-308");
    }

    async fn who_is_late_stands_in_the_ledger_until_it_is_done(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        world.frozen().await;
        world.until("2026-03-20");
        world.app.cases().expect("a keeper").sweep().await.expect("deadlines");
        let open = crate::list_findings::all(&world).await;
        let [late] = &open[..] else { panic!("one finding: {open:?}") };
        assert_eq!((late.origin.as_str(), late.rule.as_str()), ("procedure", "SELF_ASSESSMENT_LATE"));
        assert_eq!((late.branch_id.clone(), late.closed_on.as_str()), (branch.to_string(), ""));
        assert!(late.title.contains("逾期") && late.evidence_json.contains("submit"), "{late:?}");
        world.submit(branch).await;
        assert_eq!(crate::list_findings::all(&world).await[0].closed_on, "2026-03-20");
    }
}
