//! Moving an organization below another parent, through the whole procedure (S-102, X15).

use kernel::{Role, id::OrganizationId};
use proto::{
    audit::v1::{ListEntriesRequest, audit_service_server::AuditService},
    feed::v1::{feed_service_client::FeedServiceClient, feed_service_server::FeedServiceServer},
    organization::v1::OrganizationKind,
    process::v1::{
        GetCaseRequest, GetChartRequest, ListCasesRequest, ListWorkRequest,
        process_service_server::ProcessService,
    },
};
use runtime::{Link, admission::Admitted, desk::feed::Feed, door::Door};
use storage::consumer::{Consumer, Organizations};
use testkit::{
    database::{Database, keys},
    stage::{Person, Stage, reason},
};
use tonic::service::Routes;

use crate::{
    change::{County, TODAY, YESTERDAY, names},
    world::row,
};

fn path(ids: &[OrganizationId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// A consumer of organization's feed in another service.
pub(crate) fn follower(county: &County, other: &Stage) -> Consumer {
    let stage = &county.world.stage;
    let feed = Feed::new(stage.desk.clone(), stage.store.clone(), Default::default());
    let door = Door::new(
        "organization",
        Routes::new(FeedServiceServer::new(feed)),
        Admitted::default(),
    );
    let issuer = access::Issuer::new("member", keys());
    let link = Link::local(
        "organization",
        std::sync::Arc::new(std::sync::OnceLock::from(door)),
        Some(issuer),
    );
    let organizations = Organizations::new(&other.store);
    Consumer::new(
        other.store.clone(),
        "organization",
        FeedServiceClient::new(link),
        vec![Box::new(organizations)],
    )
}

fn none() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    Vec::new()
}

testkit::on_both! {
    async fn a_move_takes_the_whole_subtree_along_and_leaves_the_past_as_it_was(database: Database) {
        let county = County::open(&database).await;
        let (root, town, town2, b1, g1) = (county.world.root, county.town, county.town2, county.b1, county.g1);
        let before = county.read(g1, YESTERDAY).await.expect("read");
        assert_eq!(before.path, path(&[root, town, b1, g1]));
        let case = county.moved(b1, town2).await;
        assert_eq!((case.state.as_str(), case.end.as_str()), ("filed", "done"));

        let branch = county.read(b1, "").await.expect("read");
        assert_eq!((branch.path, branch.parent_id), (path(&[root, town2, b1]), town2.to_string()));
        let group = county.read(g1, TODAY).await.expect("read");
        assert_eq!((group.path, group.parent_id), (path(&[root, town2, b1, g1]), b1.to_string()));
        let mut then = county.read(g1, YESTERDAY).await.expect("read");
        assert_eq!(then.path, before.path);
        then.version = before.version;
        then.etag = before.etag.clone();
        assert_eq!(then, before, "as of yesterday all stood as it stood");
        let other = county.read(county.world.id("b2").await, "").await.expect("read");
        assert_eq!((other.path[1].as_str(), other.version), (town.to_string().as_str(), 1), "a sibling stays");
        county.world.assert_whole().await;
    }

    async fn the_tree_is_listed_as_of_the_day_before_and_after(database: Database) {
        let county = County::open(&database).await;
        let who = &county.org_dept;
        county.moved(county.b1, county.town2).await;
        let world = &county.world;
        assert_eq!(names(&world.listed(who, county.town, "").await), ["town", "b2"]);
        assert_eq!(names(&world.listed(who, county.town2, "").await), ["town2", "b1", "g1", "b3"]);
        assert_eq!(names(&world.listed(who, county.town, YESTERDAY).await), ["town", "b1", "g1", "b2"]);
        assert_eq!(names(&world.listed(who, county.town2, YESTERDAY).await), ["town2", "b3"]);
        let own = Person::with(&[(Role::Clerk, county.b1)]);
        assert_eq!(names(&world.listed(&own, county.b1, "").await), ["b1", "g1"]);
        assert_eq!(names(&world.listed(&own, county.b1, YESTERDAY).await), ["b1", "g1"], "wherever it stood");
    }

    async fn who_keeps_the_new_parent_reaches_it_and_who_kept_the_old_one_no_more(database: Database) {
        let county = County::open(&database).await;
        let [old, new] = [county.town, county.town2].map(|at| Person::with(&[(Role::Clerk, at)]));
        let hidden = county.read_by(&new, county.g1, "").await.expect_err("not yet");
        assert_eq!(reason(&hidden), "NOT_FOUND");
        county.moved(county.b1, county.town2).await;
        for id in [county.b1, county.g1] {
            assert!(county.read_by(&new, id, "").await.is_ok());
            let gone = county.read_by(&old, id, "").await.expect_err("no more");
            assert_eq!(reason(&gone), "NOT_FOUND");
        }
        let town = county.world.listed(&old, county.town, YESTERDAY).await;
        assert_eq!(names(&town), ["town", "b1", "g1", "b2"], "what was his town's stays in its history");
    }

    async fn a_closed_case_stays_readable_for_both_chains(database: Database) {
        let county = County::open(&database).await;
        let case = county.moved(county.b1, county.town2).await;
        let read = async |at| {
            let reader = Person::with(&[(Role::Clerk, at)]);
            let asked = GetCaseRequest { case_id: case.id.clone() };
            county.world.procedures.get_case(reader.asks(asked)).await
        };
        for at in [county.town, county.town2, county.b1, county.world.root] {
            let history = read(at).await.expect("read").into_inner().entries;
            assert_eq!(history.len(), 8, "{at}");
        }
        let stranger = read(county.world.id("b2").await).await.expect_err("a stranger");
        assert_eq!(reason(&stranger), "NOT_FOUND");
    }

    async fn every_service_follows_and_the_audit_names_both_sides(database: Database) {
        let county = County::open(&database).await;
        let (root, town2, b1, g1) = (county.world.root, county.town2, county.b1, county.g1);
        let elsewhere = Database::sqlite();
        let other = Stage::open(&elsewhere, "member", none).await;
        let consumer = follower(&county, &other);
        let feed = || storage::feed::advance(&county.world.stage.store);
        feed().await.expect("a pass");
        consumer.pull_now().await.expect("a pull");
        assert!(other.scopes().covers(county.town, g1));
        county.moved(b1, town2).await;
        feed().await.expect("a pass");
        consumer.pull_now().await.expect("a pull");
        let known = |id| other.scopes().path(id).expect("known");
        assert_eq!(access::range::ids(&known(g1)).collect::<Vec<_>>(), [root, town2, b1, g1]);
        assert!(other.scopes().covers(town2, b1) && !other.scopes().covers(county.town, b1));

        let audit = runtime::desk::audit::Audit {
            desk: county.world.stage.desk.clone(),
            store: county.world.stage.store.clone(),
            pages: county.world.stage.pages.clone(),
        };
        for (at, sees) in [(county.town, true), (town2, true), (county.world.id("b3").await, false)] {
            let auditor = Person::with(&[(Role::Auditor, at)]);
            let entries = audit.list_entries(auditor.asks(ListEntriesRequest::default())).await.expect("entries");
            let named = entries.into_inner().entries.iter().any(|e| e.record_id == b1.to_string());
            assert_eq!(named, sees, "{at}");
        }
        let verdict = storage::audit::check(&county.world.stage.store).await.expect("a verdict");
        assert_eq!(verdict.broken_at, 0);
    }

    async fn a_town_of_hundreds_moves_in_one_step(database: Database) {
        let county = County::open(&database).await;
        let name = |k: u32| format!("m{k}");
        let rows: Vec<_> = (0..700).map(|k| row(k, &name(k), "town", OrganizationKind::Branch)).collect();
        county.world.add(rows).await;
        let clerk = Person::with(&[(Role::Clerk, county.world.root)]);
        let case = county.submitted(&clerk, county.town, county.town2).await;
        let approver = Person::with(&[(Role::Clerk, county.world.root)]);
        let county = County { approver, ..county };
        let case = county.approve(&case).await.expect("approved");
        county.take_effect(&case).await.expect("in effect");
        let all = county.world.listed(&county.org_dept, county.town2, "").await;
        assert_eq!(all.len(), 706);
        let versions: std::collections::BTreeSet<_> = all.iter().map(|one| one.version).collect();
        assert_eq!(versions.len(), 2, "each rose by one");
        county.world.assert_whole().await;
    }

    async fn it_goes_back_the_same_day_and_on_another(database: Database) {
        let county = County::open(&database).await;
        county.moved(county.b1, county.town2).await;
        let clerk = Person::with(&[(Role::Clerk, county.town2)]);
        let there = County { clerk, ..county };
        there.moved(there.b1, there.town).await;
        assert_eq!(names(&there.world.listed(&there.org_dept, there.town, TODAY).await), ["town", "b1", "g1", "b2"]);
        let on = testkit::stage::day("2025-07-10");
        let later = kernel::day::start_of(on) + chrono::Duration::hours(9);
        there.world.stage.clock.advance(later).expect("forward");
        let clerk = Person::with(&[(Role::Clerk, there.town)]);
        let there = County { clerk, ..there };
        let case = there.approved(there.b1, there.town2).await;
        there.attempt(&there.approver, crate::change::effective(&case, "2025-07-10")).await.expect("in effect");
        let at = async |on| there.read(there.g1, on).await.expect("read").path[1].clone();
        assert_eq!(at("2025-07-09").await, there.town.to_string());
        assert_eq!(at("2025-07-10").await, there.town2.to_string());
        there.world.assert_whole().await;
    }

    async fn the_work_list_names_what_waits_and_the_chart_is_drawn(database: Database) {
        let county = County::open(&database).await;
        let case = county.draft(&county.clerk, county.b1, county.town2).await.expect("drafted");
        let case = county.take(&county.clerk, &case, "ask_consent", &["consent_request"]).await.expect("asked");
        let procedures = &county.world.procedures;
        let near = kernel::day::start_of(testkit::stage::day("2025-06-12"));
        county.world.stage.clock.advance(near).expect("forward");
        let secretary = county.secretary(county.town2);
        let work = procedures.list_work(secretary.asks(ListWorkRequest::default())).await.expect("work").into_inner();
        let steps: Vec<_> = work.work.iter().map(|work| (work.step.as_str(), work.last_day.as_str())).collect();
        assert!(steps.contains(&("consent_to", "2025-06-16")), "ten working days from 1 June, a holiday: {steps:?}");
        assert!(steps.iter().all(|(step, _)| *step != "consent_from"), "that is the old side's: {steps:?}");
        let chart = GetChartRequest {
            procedure: "org_change".into(),
            variant: "move".into(),
            case_id: case.id.clone(),
            ..Default::default()
        };
        let svg = procedures.get_chart(county.clerk.asks(chart)).await.expect("a chart").into_inner().svg;
        assert!(svg.starts_with("<svg") && svg.contains("新上级同意"));
        let asked = ListCasesRequest { organization_id: county.town.to_string(), open_only: true, ..Default::default() };
        let cases = procedures.list_cases(county.clerk.asks(asked)).await.expect("cases").into_inner().cases;
        assert_eq!(cases.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [case.id.as_str()]);
    }

    async fn for_strangers_the_case_is_absent(database: Database) {
        let county = County::open(&database).await;
        let case = county.draft(&county.clerk, county.b1, county.town2).await.expect("drafted");
        let stranger = Person::with(&[(Role::Clerk, county.world.id("b2").await)]);
        let ask = |id: String| county.world.procedures.get_case(stranger.asks(GetCaseRequest { case_id: id }));
        let hidden = ask(case.id.clone()).await.expect_err("hidden");
        let absent = ask(testkit::stage::new_id()).await.expect_err("absent");
        assert_eq!((hidden.code(), hidden.message(), hidden.details()), (absent.code(), absent.message(), absent.details()));
        let foreign = county.draft(&stranger, county.b1, county.town2).await.expect_err("foreign");
        assert_eq!(reason(&foreign), "NOT_FOUND");
    }
}
