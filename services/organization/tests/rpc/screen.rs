use futures::StreamExt;
use kernel::{Period, id::OrganizationId};
use proto::{
    activity::v1::{BranchOwed, Duty, DutyOwed},
    organization::v1::{
        Firing, ImportUnitsRequest, Office, OrganizationKind, OrganizationRow, ScreenRequest, Term, UnitRow,
        guarantee_row::Record, organization_service_server::OrganizationService,
    },
};
use testkit::{
    database::Database,
    stage::{Person, day, reason},
};

use crate::{
    collect::strength,
    import_guarantees::{guarantee, import as guarantees},
    import_posts::{import as posts, post},
    world::{World, row},
};

async fn screen(world: &World, on: &str) -> Vec<Firing> {
    let asked = ScreenRequest {
        organization_id: world.root.to_string(),
        on: on.into(),
    };
    let stream = world
        .rpc
        .screen(Person::service("rating").asks(asked))
        .await
        .expect("a stream")
        .into_inner();
    let batches: Vec<_> = stream.collect().await;
    batches
        .into_iter()
        .flat_map(|batch| batch.expect("a batch").firings)
        .collect()
}

/// What activity says of a branch that met on these days: its longest run of silent quarters in the period asked, and the
/// quarters without a meeting.
fn met(branch: OrganizationId, days: &'static [&'static str]) -> impl Fn(Period) -> BranchOwed {
    move |period| {
        let loud = |quarter: &Period| days.iter().any(|held| quarter.contains(day(held)));
        let quarters: Vec<Period> = period.full_quarters().collect();
        let runs = quarters.split(loud).map(<[Period]>::len);
        let silent = quarters.iter().filter(|quarter| !loud(quarter));
        BranchOwed {
            branch_id: branch.to_string(),
            silent_quarters: u32::try_from(runs.max().unwrap_or(0)).expect("few"),
            full_quarters: u32::try_from(quarters.len()).expect("few"),
            duties: vec![DutyOwed {
                duty: Duty::Assembly.into(),
                applicable: true,
                missed: silent.map(|quarter| quarter.first().to_string()).collect(),
                ..Default::default()
            }],
        }
    }
}

testkit::on_both! {
    async fn each_rule_that_fires_is_named_with_version_reason_and_evidence(database: Database) {
        let world = World::with_branches(&database).await;
        let (b1, b2) = (world.id("b1").await, world.id("b2").await);
        posts(&world, vec![post(1, "p1", b1, Office::Secretary, "2020-01-01", "")]).await;
        let term = |from: &str, until: &str| Record::Term(Term { from: from.into(), until: until.into(), ..Default::default() });
        guarantees(&world, vec![guarantee(1, "t1", b1, term("2020-07-01", "2025-06-30"))]).await;
        world.lives.lock().expect("lives").push(Box::new(move |_| BranchOwed {
            branch_id: b2.to_string(),
            silent_quarters: 3,
            full_quarters: 4,
            ..Default::default()
        }));
        let fired = screen(&world, "2025-12-31").await;
        let of = |id: String| fired.iter().filter(move |f| f.branch_id == id).map(|f| f.rule.as_str()).collect::<Vec<_>>();
        assert_eq!(of(b1.to_string()), ["hollow.members", "election.overdue"]);
        assert_eq!(of(b2.to_string()), ["hollow.members", "hollow.secretary", "secretary.vacant", "hollow.silent"]);
        for firing in &fired {
            assert!(firing.norm.contains('@') && !firing.why.is_empty(), "{firing:?}");
            assert!(firing.evidence_json.starts_with('{'));
        }
    }

    async fn every_defect_of_the_list_fires_and_a_temporary_branch_is_left_alone(database: Database) {
        let world = World::with_branches(&database).await;
        world.advance("2025-12-31");
        let temporary = OrganizationRow { kind: OrganizationKind::TemporaryBranch.into(), ..row(1, "temporary", "town", OrganizationKind::Branch) };
        world.add(vec![temporary]).await;
        let b1 = world.id("b1").await;
        strength(&world, b1, &[("2020-01-01", 49, 2)]).await;
        strength(&world, world.id("b2").await, &[("2020-01-01", 3, 0)]).await;
        strength(&world, world.id("temporary").await, &[("2020-01-01", 1, 60)]).await;
        posts(&world, vec![
            post(1, "p1", b1, Office::Secretary, "2020-01-01", "2025-09-29"),
            post(2, "p2", world.id("b2").await, Office::Secretary, "2020-01-01", ""),
        ]).await;
        let unit = UnitRow {
            organization_id: b1.to_string(),
            name: "甲公司".into(),
            carrier: "company".into(),
            from: "2010-01-01".into(),
            deregistered_on: "2025-06-30".into(),
            ..Default::default()
        };
        let units = ImportUnitsRequest {
            organization_id: world.root.to_string(),
            import_id: testkit::stage::new_id(),
            rows: vec![unit],
            ..Default::default()
        };
        world.rpc.import_units(world.org_dept.asks(units)).await.expect("imported");
        world.lives.lock().expect("lives").push(Box::new(move |_| BranchOwed {
            branch_id: b1.to_string(),
            silent_quarters: 1,
            full_quarters: 4,
            duties: vec![DutyOwed {
                duty: Duty::Assembly.into(),
                applicable: true,
                missed: vec!["2025-04-01".into()],
                ..Default::default()
            }],
        }));
        let fired = screen(&world, "2025-12-31").await;
        let found: Vec<_> = fired.iter().map(|f| (f.branch_id.clone(), f.rule.as_str(), f.norm.as_str())).collect();
        let expected = [
            ("oversized", "R-102@2018-10-28"),
            ("committee.missing", "R-119@2018-10-28"),
            ("hollow.unit", "S-107@2018-10-28"),
            ("secretary.vacant", "R-504@2022"),
            ("meetings.missed", "R-109@2022"),
        ];
        assert_eq!(found, expected.map(|(rule, norm)| (b1.to_string(), rule, norm)), "the other two are sound or left alone");
        let evidence = |rule: &str| {
            let firing = fired.iter().find(|f| f.rule == rule).expect("fired");
            serde_json::from_str::<serde_json::Value>(&firing.evidence_json).expect("evidence")
        };
        assert_eq!(evidence("oversized"), serde_json::json!({ "on": "2025-12-31", "full": 49, "probationary": 2 }));
        assert_eq!(evidence("secretary.vacant")["vacant_since"], "2025-09-30");
        assert_eq!(evidence("meetings.missed")["assembly"], serde_json::json!(["2025-04-01"]));
    }

    async fn new_year_mends_no_silence_and_one_meeting_ends_it(database: Database) {
        let world = World::with_branches(&database).await;
        world.advance("2026-04-01");
        let (b1, b2) = (world.id("b1").await, world.id("b2").await);
        let say = |of_b1, of_b2| {
            *world.lives.lock().expect("lives") = vec![Box::new(met(b1, of_b1)), Box::new(met(b2, of_b2))];
        };
        let of_life = async |on: &str, branch: OrganizationId| -> Vec<String> {
            let fired = screen(&world, on).await.into_iter().filter(|one| one.branch_id == branch.to_string());
            fired.map(|one| one.rule).filter(|rule| rule == "hollow.silent" || rule == "meetings.missed").collect()
        };
        say(&["2025-01-10", "2025-04-10"], &["2025-01-10", "2025-04-10", "2025-07-10"]);
        for on in ["2025-12-31", "2026-01-01", "2026-02-28", "2026-03-30"] {
            assert_eq!(of_life(on, b1).await, ["hollow.silent", "meetings.missed"], "{on}: S-107");
            assert_eq!(of_life(on, b2).await, ["meetings.missed"], "{on}: still missed (S-105)");
        }
        say(&["2025-04-10", "2025-07-10"], &["2025-04-10", "2025-07-10", "2025-12-31"]);
        assert_eq!(of_life("2026-04-01", b1).await, ["hollow.silent", "meetings.missed"], "over New Year");
        assert_eq!(of_life("2026-04-01", b2).await, ["meetings.missed"], "one meeting in between");
    }

    async fn only_rating_screens(database: Database) {
        let world = World::with_branches(&database).await;
        let asked = ScreenRequest { organization_id: world.root.to_string(), on: "2025-12-31".into() };
        let Err(refused) = world.rpc.screen(world.org_dept.asks(asked)).await else { panic!("a person screens") };
        assert_eq!(reason(&refused), "SERVICE_ONLY");
    }
}
