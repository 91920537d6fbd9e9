use kernel::Role;
use proto::organization::v1::{
    OrganizationKind, OrganizationRow, organization_service_server::OrganizationService,
};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::{
    change::{County, TODAY, YESTERDAY},
    world::{World, row},
};

fn bad(rows: Vec<OrganizationRow>, errors: &[proto::kernel::v1::RowError]) -> Vec<(u32, String)> {
    assert!(!rows.is_empty());
    errors.iter().map(|e| (e.line, e.reason.clone())).collect()
}

testkit::on_both! {
    async fn good_rows_go_in_and_each_wrong_one_is_named_by_its_line(database: Database) {
        let world = World::with_branches(&database).await;
        let mut outlives = row(4, "early", "town", OrganizationKind::Committee);
        outlives.founded_on = "1990-01-01".into();
        let mut nameless = row(7, "nameless", "town", OrganizationKind::Committee);
        nameless.name.clear();
        let mut unseen = row(8, "unseen", "town", OrganizationKind::Committee);
        unseen.name = "空\u{0}字".into();
        let mut to_come = row(9, "to-come", "town", OrganizationKind::Branch);
        to_come.founded_on = "2025-06-02".into();
        let rows = vec![
            row(1, "good", "town", OrganizationKind::Branch),
            row(2, "good", "town", OrganizationKind::Branch),
            row(3, "lost", "nowhere", OrganizationKind::Branch),
            outlives,
            row(5, "below", "b1", OrganizationKind::Branch),
            row(6, "b1", "root", OrganizationKind::Branch),
            nameless,
            unseen,
            to_come,
        ];
        let result = world.import(rows.clone()).await.expect("an answer").result.expect("a result");
        assert_eq!(result.created, 1);
        let expected = [
            (2, "ROW_REPEATED"),
            (3, "PARENT_UNKNOWN"),
            (4, "CHILD_OUTLIVES_PARENT"),
            (5, "KIND_NOT_ALLOWED_HERE"),
            (6, "PARENT_CHANGED"),
            (7, "STRING_MIN_LEN"),
            (8, "STRING_CONTROL"),
            (9, "DAY_IN_FUTURE"),
        ];
        assert_eq!(bad(rows, &result.errors), expected.map(|(line, reason)| (line, reason.to_owned())));
        assert!(result.errors.iter().all(|error| !error.message.is_empty()), "a sentence that says what to do");
    }

    async fn importing_again_gives_the_same_ids_and_says_unchanged(database: Database) {
        let world = World::with_branches(&database).await;
        let before = world.id("b1").await;
        let again = world.import(vec![row(1, "b1", "town", OrganizationKind::Branch)]).await.expect("an answer");
        assert_eq!(again.result.map(|r| (r.created, r.updated, r.unchanged)), Some((0, 0, 1)));
        assert_eq!(world.stage.audited("ImportOrganizations").await.last().expect("audited"), "unchanged");
        let mut renamed = row(1, "b1", "town", OrganizationKind::Branch);
        renamed.name = "新名称支部".into();
        let changed = world.import(vec![renamed]).await.expect("an answer");
        assert_eq!(changed.result.map(|r| (r.created, r.updated, r.unchanged)), Some((0, 1, 0)));
        assert_eq!(world.id("b1").await, before);
    }

    async fn the_same_chunk_gives_the_same_answer_and_other_rows_under_it_are_refused(database: Database) {
        let world = World::with_branches(&database).await;
        let request = world.import_request(vec![row(1, "n1", "town", OrganizationKind::Branch)]);
        let first = world.rpc.import_organizations(world.org_dept.asks(request.clone())).await.expect("first");
        let again = world.rpc.import_organizations(world.org_dept.asks(request.clone())).await.expect("again");
        assert_eq!(first.into_inner(), again.into_inner(), "created 1, though nothing was created anew");
        let mut other = request;
        other.rows[0].name = "另一个".into();
        let refused = world.rpc.import_organizations(world.org_dept.asks(other)).await.expect_err("refused");
        assert_eq!(reason(&refused), "CHUNK_REUSED");
    }

    async fn twins_in_flight_have_one_effect_and_one_answer(database: Database) {
        let world = World::with_branches(&database).await;
        let request = world.import_request(vec![row(1, "n1", "town", OrganizationKind::Branch)]);
        let calls = (0..12).map(|_| world.rpc.import_organizations(world.org_dept.asks(request.clone())));
        let answers = futures::future::join_all(calls).await;
        for answer in answers {
            let result = answer.expect("an answer").into_inner().result.expect("a result");
            assert_eq!((result.created, result.unchanged), (1, 0));
        }
    }

    async fn a_dry_run_writes_nothing(database: Database) {
        let world = World::with_branches(&database).await;
        let before = storage::feed::positions(&world.stage.store).await.expect("positions");
        let mut request = world.import_request(vec![row(1, "n1", "town", OrganizationKind::Branch)]);
        request.dry_run = true;
        let answer = world.rpc.import_organizations(world.org_dept.asks(request)).await.expect("an answer");
        assert_eq!(answer.into_inner().result.map(|r| (r.created, r.dry_run)), Some((1, true)));
        let after = storage::feed::positions(&world.stage.store).await.expect("positions");
        assert_eq!(before, after);
        let real = world.import(vec![row(1, "n1", "town", OrganizationKind::Branch)]).await.expect("an answer");
        assert_eq!(real.result.map(|r| r.created), Some(1), "it was not there");
    }

    async fn a_foreign_organization_looks_like_one_that_does_not_exist(database: Database) {
        let world = World::with_branches(&database).await;
        let town = world.id("town").await;
        let outsider = Person::with(&[(Role::OrgDept, world.id("b2").await)]);
        let mut hidden = world.import_request(vec![row(1, "n1", "town", OrganizationKind::Branch)]);
        hidden.organization_id = town.to_string();
        let mut absent = hidden.clone();
        absent.organization_id = kernel::id::OrganizationId::new().to_string();
        let hidden = world.rpc.import_organizations(outsider.asks(hidden)).await.expect_err("hidden");
        let absent = world.rpc.import_organizations(outsider.asks(absent)).await.expect_err("absent");
        assert_eq!((hidden.code(), hidden.message(), hidden.details()), (absent.code(), absent.message(), absent.details()));
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }

    async fn the_import_leaves_an_audit_entry_and_an_event_for_each_organization(database: Database) {
        let world = World::with_branches(&database).await;
        storage::feed::advance(&world.stage.store).await.expect("a pass");
        let positions = storage::feed::positions(&world.stage.store).await.expect("positions");
        assert_eq!((positions.head, positions.pending), (6, 0), "the root, two callers, three organizations");
        let verdict = storage::audit::check(&world.stage.store).await.expect("a verdict");
        assert_eq!((verdict.entries, verdict.broken_at), (2, 0), "founding and import");
    }

    async fn a_parent_never_shrinks_below_what_stands_there(database: Database) {
        let world = World::with_branches(&database).await;
        let town = |change: fn(&mut OrganizationRow)| {
            let mut row = row(9, "town", "root", OrganizationKind::Committee);
            change(&mut row);
            row
        };
        let refused = [
            (town(|row| row.dissolved_on = "2025-01-31".into()), "CHILD_OUTLIVES_PARENT"),
            (town(|row| row.founded_on = "2006-01-01".into()), "CHILD_OUTLIVES_PARENT"),
            (town(|row| { row.kind = OrganizationKind::Branch.into(); row.domain = 1; }), "KIND_NOT_ALLOWED_HERE"),
        ];
        for (row, rule) in refused {
            let result = world.import(vec![row]).await.expect("an answer").result.expect("a result");
            assert_eq!(result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect::<Vec<_>>(), [(9, rule)]);
        }
        let gone = |line, id: &str, parent: &str, kind| {
            let mut row = row(line, id, parent, kind);
            row.dissolved_on = "2025-01-31".into();
            row
        };
        world.add(vec![
            gone(1, "b1", "town", OrganizationKind::Branch),
            gone(2, "b2", "town", OrganizationKind::Branch),
            gone(3, "town", "root", OrganizationKind::Committee),
        ]).await;
        assert_eq!(world.listed(&world.org_dept, world.root, "2025-02-01").await.len(), 1);
        assert_eq!(world.listed(&world.org_dept, world.root, "2025-01-31").await.len(), 4);
    }

    async fn a_corrected_day_of_founding_holds_for_reads_of_the_past(database: Database) {
        let world = World::with_branches(&database).await;
        let mut earlier = row(1, "town", "root", OrganizationKind::Committee);
        earlier.founded_on = "2003-01-01".into();
        world.add(vec![earlier]).await;
        assert_eq!(world.listed(&world.org_dept, world.root, "2003-01-01").await.len(), 2);
        assert_eq!(world.listed(&world.org_dept, world.root, "2002-12-31").await.len(), 1);
    }

    async fn another_name_and_domain_hold_from_today_and_as_of_yesterday_the_old_ones_answer(database: Database) {
        let county = County::open(&database).await;
        let read = async |on| {
            let read = county.read(county.b1, on).await.expect("read");
            (read.name, read.domain)
        };
        let before = read(YESTERDAY).await;
        let mut row = row(1, "b1", "town", OrganizationKind::Branch);
        (row.name, row.domain) = ("新名支部".into(), before.1 + 1);
        county.world.add(vec![row.clone()]).await;
        let now = ("新名支部".to_owned(), before.1 + 1);
        assert_eq!((read(TODAY).await, read(YESTERDAY).await), (now.clone(), before.clone()));
        let again = county.world.import(vec![row.clone()]).await.expect("an answer").result.expect("a result");
        assert_eq!((again.unchanged, again.errors.len()), (1, 0));
        row.name = "又一名支部".into();
        county.world.add(vec![row.clone()]).await;
        assert_eq!((read(TODAY).await.0.as_str(), read(YESTERDAY).await), ("又一名支部", before), "still today's span");
        row.founded_on = "2006-01-01".into();
        let fixed = county.world.import(vec![row]).await.expect("an answer").result.expect("a result");
        assert_eq!(fixed.errors.iter().map(|e| e.reason.as_str()).collect::<Vec<_>>(), ["FOUNDING_FIXED"]);
    }

    async fn two_files_that_change_the_same_rows_at_once_are_taken_one_after_the_other(database: Database) {
        let world = World::with_branches(&database).await;
        let rows: Vec<_> = (0..20).map(|k| row(k, &format!("n{k}"), "town", OrganizationKind::Branch)).collect();
        world.add(rows.clone()).await;
        let renamed = |turn: usize| {
            let rows = rows.iter().cloned().map(|row| OrganizationRow { name: format!("第{turn}次改名支部"), ..row });
            if turn.is_multiple_of(2) { rows.collect::<Vec<_>>() } else { rows.rev().collect() }
        };
        for answer in futures::future::join_all((0..6).map(|turn| world.import(renamed(turn)))).await {
            match answer {
                Ok(answer) => assert_eq!(answer.result.map(|r| r.updated), Some(20)),
                Err(status) => assert_eq!(reason(&status), "CONCURRENT_CHANGE", "somebody was quicker"),
            }
        }
        let listed = world.listed(&world.org_dept, world.root, "").await;
        assert_eq!(listed.len(), 24, "each stands once");
    }

    async fn a_file_that_says_what_was_moved_is_met_with_the_tree_as_it_is(database: Database) {
        let county = County::open(&database).await;
        let mut young = row(1, "young", "root", OrganizationKind::Committee);
        young.founded_on = "2025-01-01".into();
        county.world.add(vec![young]).await;
        county.moved(county.b1, county.world.id("young").await).await;
        let old = county.world.import(vec![row(1, "b1", "town", OrganizationKind::Branch)]).await.expect("an answer");
        assert_eq!(bad(vec![row(1, "b1", "town", OrganizationKind::Branch)], &old.result.expect("a result").errors), [(1, "PARENT_CHANGED".into())]);
        let now = row(1, "b1", "young", OrganizationKind::Branch);
        let same = county.world.import(vec![now.clone()]).await.expect("an answer").result.expect("a result");
        assert_eq!((same.unchanged, same.errors.len()), (1, 0), "older than its parent, and there since the move");
        let renamed = OrganizationRow { name: "新名支部".into(), ..now.clone() };
        county.world.add(vec![renamed]).await;
        let name = async |on| county.read(county.b1, on).await.expect("read").name;
        assert_eq!((name(TODAY).await.as_str(), name(YESTERDAY).await.as_str()), ("新名支部", "组织b1"));
        let refounded = OrganizationRow { founded_on: "2006-01-01".into(), ..now.clone() };
        let fixed = county.world.import(vec![refounded]).await.expect("an answer").result.expect("a result");
        assert_eq!(bad(vec![now], &fixed.errors), [(1, "FOUNDING_FIXED".into())]);
    }

    async fn two_files_with_the_same_rows_at_once_make_each_organization_once(database: Database) {
        let world = World::with_branches(&database).await;
        let rows: Vec<_> = (0..40).map(|k| row(k, &format!("n{k}"), "town", OrganizationKind::Branch)).collect();
        let calls = (0..4).map(|_| world.import(rows.clone()));
        for answer in futures::future::join_all(calls).await {
            match answer {
                Ok(answer) => assert_eq!(answer.result.map(|r| r.created + r.unchanged), Some(40)),
                Err(status) => assert_eq!(reason(&status), "CONCURRENT_CHANGE", "somebody was quicker"),
            }
        }
        assert_eq!(world.listed(&world.org_dept, world.root, "").await.len(), 44);
    }

    async fn a_county_stands_below_no_county_and_a_name_is_more_than_blanks(database: Database) {
        let world = World::with_branches(&database).await;
        let mut county = row(1, "county2", "root", OrganizationKind::LocalCommittee);
        county.level = proto::organization::v1::Level::County.into();
        let mut blank = row(2, "blank", "town", OrganizationKind::Branch);
        blank.name = "   ".into();
        let result = world.import(vec![county, blank]).await.expect("an answer").result.expect("a result");
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        assert_eq!(errors, [(1, "KIND_NOT_ALLOWED_HERE"), (2, "STRING_MIN_LEN")]);
    }
}
