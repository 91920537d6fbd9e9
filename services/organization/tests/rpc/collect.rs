use futures::StreamExt;
use kernel::{Domain, Role, id::OrganizationId};
use organization::{indicators::Indicators, projections::Strengths};
use prost::Message;
use proto::{
    feed::v1::Event,
    indicator::v1::{
        CollectRequest, Count, collect_response::Part, indicator_service_server::IndicatorService,
    },
    member::v1::Strength,
    organization::v1::{
        FundLine, FundMovement, GovernanceSlot, ImportUnitsRequest, InstructorRequirement, Office,
        OrganizationKind, PostRow, SetupExemption, Site, Term, UnitRow, guarantee_row::Record,
        organization_service_server::OrganizationService,
    },
};
use storage::consumer::Projection;
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::{
    change::{County, TODAY, YESTERDAY},
    import_guarantees::{guarantee, import as guarantees},
    import_posts::{import as posts, post},
    world::{World, row},
};

fn request(world: &World, indicators: &[&str]) -> CollectRequest {
    CollectRequest {
        organization_id: world.root.to_string(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
        freeze_day: "2026-01-15".into(),
        indicators: indicators.iter().map(|i| (*i).to_owned()).collect(),
        branch_ids: Vec::new(),
    }
}

fn served(world: &World) -> runtime::desk::indicator::Indicators<Indicators> {
    runtime::desk::indicator::Indicators {
        desk: world.stage.desk.clone(),
        store: world.stage.store.clone(),
        counter: Indicators(world.rpc.app.clone()),
    }
}

/// Members of a branch from some days on, as member's feed tells them: full and probationary.
pub(crate) async fn strength(world: &World, branch: OrganizationId, told: &[(&str, u32, u32)]) {
    let tx = world
        .stage
        .store
        .work("member's feed")
        .await
        .expect("a unit of work");
    let events: Vec<Event> = (1..)
        .zip(told)
        .map(|(position, (from, full, probationary))| Event {
            position,
            kind: "member.strength".into(),
            body: Strength {
                branch_id: branch.to_string(),
                from: (*from).to_owned(),
                full: *full,
                probationary: *probationary,
                ..Default::default()
            }
            .encode_to_vec(),
            ..Default::default()
        })
        .collect();
    Strengths
        .apply(&tx, &events.iter().collect::<Vec<_>>())
        .await
        .expect("applied");
    tx.commit(()).await.expect("committed");
}

/// The counts of one branch.
async fn counted(world: &World, asked: CollectRequest, branch: OrganizationId) -> Vec<Count> {
    let stream = served(world)
        .collect(Person::service("rating").asks(asked))
        .await
        .expect("a stream");
    let parts: Vec<_> = stream.into_inner().collect().await;
    let batches = parts
        .into_iter()
        .filter_map(|part| match part.expect("a part").part {
            Some(Part::Batch(batch)) => Some(batch.branches),
            _ => None,
        });
    let found = batches.flatten().find(|one| one.branch_id == branch.to_string());
    found.expect("the branch").counts
}

testkit::on_both! {
    async fn the_stream_says_its_source_first_and_then_counts_every_branch(database: Database) {
        let world = World::with_branches(&database).await;
        world.advance("2026-01-15");
        let b1 = world.id("b1").await;
        posts(&world, vec![post(1, "p1", b1, Office::Secretary, "2025-07-01", "")]).await;
        let asked = request(&world, &["organization.secretary.days", "organization.subsidy.paid"]);
        let stream = served(&world).collect(Person::service("rating").asks(asked)).await.expect("a stream");
        let parts: Vec<_> = stream.into_inner().collect().await;
        let parts: Vec<Part> = parts.into_iter().filter_map(|p| p.expect("a part").part).collect();
        let [Part::Source(source), Part::Batch(batch)] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!(source.service, "organization");
        assert_eq!(batch.branches.len(), 2);
        let counts = &batch.branches.iter().find(|b| b.branch_id == b1.to_string()).expect("b1").counts;
        assert_eq!((counts[0].numerator, counts[0].denominator, counts[0].evidence.len()), (184, 365, 1));
        assert_eq!((counts[1].applicable, counts[1].reason.as_str()), (false, "NOT_KEPT_YET"));
    }

    async fn thirteen_indicators_of_a_village_on_the_last_day_of_the_year_whatever_came_after(database: Database) {
        let world = World::open(&database).await;
        world.advance("2026-01-15");
        let mut village = row(1, "b1", "root", OrganizationKind::Branch);
        village.leads_area = true;
        let group = |line, id| row(line, id, "b1", OrganizationKind::PartyGroup);
        world.add(vec![village, group(2, "g1"), group(3, "g2")]).await;
        let (b1, g1) = (world.id("b1").await, world.id("g1").await);
        strength(&world, b1, &[("2020-01-01", 8, 1), ("2026-01-05", 2, 0)]).await;
        let successor = post(2, "p2", b1, Office::Secretary, "2025-11-01", "2026-01-10");
        let of_the_successor = |mut row: PostRow| {
            row.person_id.clone_from(&successor.person_id);
            row
        };
        let unfiled = PostRow { filing: String::new(), ..successor.clone() };
        posts(&world, vec![
            post(1, "p1", b1, Office::Secretary, "2020-01-01", "2025-09-30"),
            unfiled,
            of_the_successor(post(3, "p3", b1, Office::Organisation, "2025-03-01", "")),
            post(4, "p4", b1, Office::Publicity, "2020-01-01", ""),
            post(5, "p5", b1, Office::Discipline, "2026-01-01", ""),
            post(6, "p6", b1, Office::Worker, "2025-01-15", "2025-02-10"),
            post(7, "p7", g1, Office::GroupLeader, "2020-01-01", ""),
        ]).await;
        let term = Term {
            from: "2020-07-01".into(),
            until: "2025-06-30".into(),
            extended_until: "2025-10-31".into(),
            committee: true,
            election_id: "e1".into(),
            extension_approval: "x1".into(),
        };
        let site = |functions: &[&str], until: &str| Record::Site(Site {
            name: "党群服务中心".into(),
            functions: functions.iter().map(|one| (*one).to_owned()).collect(),
            from: "2020-01-01".into(),
            until: until.into(),
            ..Default::default()
        });
        let slot = |kind: &str, until: &str| Record::Slot(GovernanceSlot {
            kind: kind.into(),
            body: "甲".into(),
            from: "2020-01-01".into(),
            until: until.into(),
            ..Default::default()
        });
        let line = |line: &str, standard_fen| Record::FundLine(FundLine { line: line.into(), year: 2025, standard_fen });
        let moved = |line: &str, on: &str, amount_fen, purpose: &str, voucher: &str| Record::FundMovement(FundMovement {
            line: line.into(),
            on: on.into(),
            amount_fen,
            purpose: purpose.into(),
            voucher: voucher.into(),
        });
        let records = [
            Record::Term(term),
            site(&["convenience", "meeting"], ""),
            site(&["farm_economy"], "2025-12-30"),
            slot("party", ""),
            slot("committee", "2025-12-31"),
            slot("supervision", "2025-12-30"),
            slot("service_station", ""),
            line("activity", 1_000_000),
            line("service", 500_000),
            moved("activity", "2025-03-01", 700_000, "allotment", "v1"),
            moved("activity", "2025-09-01", 600_000, "allotment", "v2"),
            moved("activity", "2025-10-01", -5_000, "training", "v3"),
            moved("activity", "2025-10-02", -5_000, "banquet", "v4"),
            moved("service", "2025-12-31", 100_000, "allotment", ""),
            moved("service", "2026-01-05", 400_000, "allotment", "v5"),
        ];
        let names: Vec<String> = (0..records.len()).map(|k| format!("r{k}")).collect();
        let rows = (1..).zip(&names).zip(records).map(|((line, name), record)| guarantee(line, name, b1, record));
        assert_eq!(guarantees(&world, rows.collect()).await.errors, []);
        let unit = UnitRow {
            organization_id: b1.to_string(),
            name: "甲村村委会".into(),
            carrier: "village".into(),
            from: "2010-01-01".into(),
            deregistered_on: "2025-12-31".into(),
            ..Default::default()
        };
        let units = ImportUnitsRequest {
            organization_id: world.root.to_string(),
            import_id: testkit::stage::new_id(),
            rows: vec![unit],
            ..Default::default()
        };
        world.rpc.import_units(world.org_dept.asks(units)).await.expect("imported");

        let expected = [
            // At least three, at most fifty and a committee hold; the host unit is deregistered that very day.
            ("organization.setup.rules", 3, 4),
            // The extension ran out on 31 October: November and December have begun.
            ("organization.term.current", 0, 1),
            ("organization.term.overdue", 2, 1),
            // The slot that ended the day before is empty, and nobody ever held the cooperative's.
            ("organization.governance.slots", 3, 5),
            ("organization.group.leaders", 1, 2),
            // The secretary was neither approved nor filed, discipline came a day late.
            ("organization.post.filled", 2, 4),
            // 273 days until 30 September, 61 from 1 November.
            ("organization.secretary.days", 334, 365),
            ("organization.secretary.vacancy", 0, 1),
            ("organization.site.assigned", 1, 1),
            ("organization.site.functions", 1, 3),
            // One line full, of the other a fifth.
            ("organization.fund.allotted", 1_100_000, 1_500_000),
            // A banquet is no purpose, an allotment without voucher no evidence.
            ("organization.fund.evidenced", 3, 5),
            // 27 days of the worker, March to October of the member who then became secretary.
            ("organization.worker.days", 272, 365),
        ];
        let asked = request(&world, &expected.map(|(id, ..)| id));
        let counts = counted(&world, asked, b1).await;
        let found: Vec<_> = counts.iter().map(|c| (c.indicator.as_str(), c.numerator, c.denominator)).collect();
        assert_eq!(found, expected);
        assert!(counts.iter().all(|count| count.applicable));
        assert_eq!(counts[0].evidence.last().map(String::as_str), Some("S-107@2018-10-28 broken"));
        assert!(counts[1].evidence[0].ends_with(" election=e1 approval=x1"), "{:?}", counts[1].evidence);
        assert!(counts[5].evidence.iter().all(|held| held.contains(" filing=")), "{:?}", counts[5].evidence);
    }

    async fn an_exempted_rule_counts_and_a_required_instructor_is_owed_by_a_small_branch(database: Database) {
        let world = World::with_branches(&database).await;
        world.advance("2026-01-15");
        let (b1, b2) = (world.id("b1").await, world.id("b2").await);
        strength(&world, b1, &[("2020-01-01", 2, 60)]).await;
        strength(&world, b2, &[("2020-01-01", 5, 0)]).await;
        posts(&world, vec![post(1, "p1", b2, Office::Worker, "2025-07-01", "")]).await;
        let exempt = |rule: &str, until: &str| Record::SetupExemption(SetupExemption {
            rule: rule.into(),
            from: "2025-01-01".into(),
            until: until.into(),
            approval: "批复1号".into(),
            reason: "整合期间".into(),
        });
        let required = Record::InstructorRequirement(InstructorRequirement {
            from: "2025-01-01".into(),
            until: String::new(),
            reference: "通知2号".into(),
        });
        let rows = vec![
            guarantee(1, "x1", b1, exempt("R-102", "2025-12-31")),
            guarantee(2, "x2", b1, exempt("R-101", "2025-12-30")),
            guarantee(3, "x3", b1, exempt("R-120", "2024-12-31")),
            guarantee(4, "q1", b2, required),
        ];
        let result = guarantees(&world, rows).await;
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        assert_eq!((result.created, errors), (3, vec![(3, "END_BEFORE_START")]));
        let indicators = ["organization.setup.rules", "organization.worker.days"];
        let of_b1 = counted(&world, request(&world, &indicators), b1).await;
        // Too few full members, that exemption ran out; too many members, exempted; no committee and none owed.
        assert_eq!((of_b1[0].numerator, of_b1[0].denominator), (2, 3), "S-106");
        assert_eq!(of_b1[0].evidence[0], "R-101@2018-10-28 broken");
        assert!(of_b1[0].evidence[1].starts_with("R-102@2018-10-28 exempt "), "{:?}", of_b1[0].evidence);
        assert_eq!(of_b1[0].evidence[2], "R-120@2018-10-28 ok");
        assert_eq!(of_b1[1].reason, "NO_WORKER_OWED");
        let of_b2 = counted(&world, request(&world, &indicators), b2).await;
        assert_eq!((of_b2[1].numerator, of_b2[1].denominator), (184, 365), "S-104");
        assert!(of_b2[1].evidence[1].starts_with("required="));
    }

    async fn a_branch_is_judged_by_the_domain_that_it_had_on_the_last_day(database: Database) {
        let county = County::open(&database).await;
        let mut branch = row(1, "b1", "town", OrganizationKind::Branch);
        branch.domain = wire::words::domain_number(Domain::School);
        county.world.add(vec![branch]).await;
        let site = Record::Site(Site {
            name: "党群服务中心".into(),
            functions: vec!["convenience".into(), "meeting".into(), "study".into()],
            from: "2020-01-01".into(),
            ..Default::default()
        });
        assert_eq!(guarantees(&county.world, vec![guarantee(1, "s1", county.b1, site)]).await.errors, []);
        for (last_day, functions) in [(YESTERDAY, 1), (TODAY, 2)] {
            let mut asked = request(&county.world, &["organization.site.functions"]);
            asked.last_day = last_day.into();
            let counts = counted(&county.world, asked, county.b1).await;
            assert_eq!((counts[0].numerator, counts[0].denominator), (functions, 3), "{last_day}");
        }
    }

    async fn a_group_that_moved_counts_for_the_branch_below_which_it_stood_that_day(database: Database) {
        let county = County::open(&database).await;
        let b2 = county.world.id("b2").await;
        let approver = Person::with(&[(Role::Clerk, county.town)]);
        let county = County { approver, ..county };
        county.moved(county.g1, b2).await;
        for (last_day, own, other) in [(YESTERDAY, true, false), (TODAY, false, true)] {
            let mut asked = request(&county.world, &["organization.group.leaders"]);
            asked.last_day = last_day.into();
            for (branch, applicable) in [(county.b1, own), (b2, other)] {
                let counts = counted(&county.world, asked.clone(), branch).await;
                assert_eq!(counts[0].applicable, applicable, "{last_day}");
            }
        }
    }

    async fn an_indicator_of_another_service_is_unknown(database: Database) {
        let world = World::with_branches(&database).await;
        let asked = request(&world, &["member.count.full"]);
        let Err(refused) = served(&world).collect(Person::service("rating").asks(asked)).await else {
            panic!("counted")
        };
        assert_eq!(reason(&refused), "INDICATOR_UNKNOWN");
    }
}
