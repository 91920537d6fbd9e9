use proto::organization::v1::{
    GetOrganizationRequest, ImportUnitsRequest, UnitRow, organization_service_server::OrganizationService,
};
use testkit::{database::Database, stage::new_id};

use crate::world::World;

testkit::on_both! {
    async fn units_go_in_once_and_a_backward_span_is_refused_by_its_line(database: Database) {
        let world = World::with_branches(&database).await;
        let unit = |line, name: &str, until: &str, at: String| UnitRow {
            line,
            organization_id: at,
            name: name.into(),
            carrier: "village".into(),
            from: "2010-01-01".into(),
            until: until.into(),
            ..Default::default()
        };
        let branch = world.id("b1").await.to_string();
        let rows = vec![
            unit(1, "演示村委会", "", branch.clone()),
            unit(2, "另一村委会", "2009-01-01", branch.clone()),
            unit(3, "外县村委会", "", new_id()),
        ];
        let request = |rows| ImportUnitsRequest {
            organization_id: world.root.to_string(),
            import_id: new_id(),
            rows,
            ..Default::default()
        };
        let answer = world.rpc.import_units(world.org_dept.asks(request(rows.clone()))).await.expect("an answer");
        let result = answer.into_inner().result.expect("a result");
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        assert_eq!((result.created, errors), (1, vec![(2, "END_BEFORE_START"), (3, "ORGANIZATION_UNKNOWN")]));
        let again = world.rpc.import_units(world.org_dept.asks(request(rows))).await.expect("an answer").into_inner();
        assert_eq!(again.result.map(|r| (r.created, r.unchanged)), Some((0, 1)));
        assert_eq!(world.stage.audited("ImportUnits").await, ["done", "unchanged"]);
    }

    async fn a_unit_has_a_name_and_is_told_of_when_it_is_there(database: Database) {
        let world = World::with_branches(&database).await;
        let unit = |line, name: &str, from: &str, deregistered_on: &str| UnitRow {
            line,
            organization_id: String::new(),
            name: name.into(),
            carrier: "village".into(),
            from: from.into(),
            deregistered_on: deregistered_on.into(),
            ..Default::default()
        };
        let branch = world.id("b1").await.to_string();
        let rows = [
            unit(1, "  ", "2010-01-01", ""),
            unit(2, "甲村委会", "2025-06-02", ""),
            unit(3, "乙村委会", "2010-01-01", "2025-06-02"),
            unit(4, "丙村委会", "2025-06-01", ""),
            unit(5, " 丙村委会 ", "2025-06-01", ""),
        ];
        let request = ImportUnitsRequest {
            organization_id: world.root.to_string(),
            import_id: new_id(),
            rows: rows.map(|row| UnitRow { organization_id: branch.clone(), ..row }).into(),
            ..Default::default()
        };
        let answer = world.rpc.import_units(world.org_dept.asks(request)).await.expect("an answer");
        let result = answer.into_inner().result.expect("a result");
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        let expected = vec![
            (1, "STRING_PATTERN"),
            (2, "DAY_IN_FUTURE"),
            (3, "DAY_IN_FUTURE"),
            (5, "ROW_REPEATED"),
        ];
        assert_eq!((result.created, errors), (1, expected));
    }

    async fn the_record_of_an_organization_says_how_many_units_it_covers(database: Database) {
        let world = World::with_branches(&database).await;
        let branch = world.id("b1").await;
        let unit = |name: &str, until: &str| UnitRow {
            organization_id: branch.to_string(),
            name: name.into(),
            carrier: "village".into(),
            from: "2010-01-01".into(),
            until: until.into(),
            ..Default::default()
        };
        let request = |dry_run| ImportUnitsRequest {
            organization_id: world.root.to_string(),
            import_id: new_id(),
            rows: vec![unit("甲村", ""), unit("乙村", ""), unit("丙村", "2024-12-31")],
            dry_run,
            ..Default::default()
        };
        let covered = async |as_of: &str| {
            let asked = GetOrganizationRequest { organization_id: branch.to_string(), as_of: as_of.into() };
            let answer = world.rpc.get_organization(world.org_dept.asks(asked)).await.expect("read");
            let read = answer.into_inner().organization.expect("an organization");
            (read.covered_units, read.version)
        };
        world.rpc.import_units(world.org_dept.asks(request(true))).await.expect("a dry run");
        assert_eq!(covered("").await, (0, 1), "a dry run writes nothing");
        world.rpc.import_units(world.org_dept.asks(request(false))).await.expect("imported");
        assert_eq!(covered("").await, (2, 2), "and the feed tells it");
        assert_eq!(covered("2024-12-31").await.0, 3);
    }
}
