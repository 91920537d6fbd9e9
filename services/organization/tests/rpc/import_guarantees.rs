use kernel::id::OrganizationId;
use proto::organization::v1::{
    FundLine, FundMovement, GovernanceSlot, GuaranteeRow, ImportGuaranteesRequest, Term,
    guarantee_row::Record, organization_service_server::OrganizationService,
};
use testkit::{database::Database, stage::new_id};

use crate::world::{World, external};

pub(crate) fn guarantee(line: u32, id: &str, at: OrganizationId, record: Record) -> GuaranteeRow {
    let organization_id = at.to_string();
    GuaranteeRow {
        line,
        external_id: Some(external(id)),
        organization_id,
        record: Some(record),
    }
}

pub(crate) async fn import(world: &World, rows: Vec<GuaranteeRow>) -> proto::kernel::v1::ImportResult {
    let request = ImportGuaranteesRequest {
        organization_id: world.root.to_string(),
        import_id: new_id(),
        rows,
        ..Default::default()
    };
    let answer = world
        .rpc
        .import_guarantees(world.org_dept.asks(request))
        .await
        .expect("an answer");
    answer.into_inner().result.expect("a result")
}

/// The rows that were left out, each with the rule.
fn errors(result: &proto::kernel::v1::ImportResult) -> Vec<(u32, &str)> {
    result
        .errors
        .iter()
        .map(|e| (e.line, e.reason.as_str()))
        .collect()
}

fn movement(on: &str, amount_fen: i64) -> Record {
    let (line, purpose, voucher) = ("activity".into(), "allotment".into(), "v".into());
    Record::FundMovement(FundMovement {
        line,
        on: on.into(),
        amount_fen,
        purpose,
        voucher,
    })
}

testkit::on_both! {
    async fn a_line_never_falls_below_zero_whatever_was_imported_before(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        let first = import(&world, vec![guarantee(1, "m1", b1, movement("2025-01-02", 100))]).await;
        assert_eq!((first.created, first.errors.len()), (1, 0));
        let over = import(&world, vec![guarantee(1, "m2", b1, movement("2025-01-03", -101))]).await;
        assert_eq!(over.errors.first().map(|e| e.reason.as_str()), Some("FUND_OVERDRAWN"), "S-402");
        let within = import(&world, vec![guarantee(1, "m2", b1, movement("2025-01-03", -100))]).await;
        assert_eq!(within.created, 1);
    }

    async fn what_can_be_paid_goes_in_and_what_cannot_is_named(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        let rows = vec![
            guarantee(1, "m1", b1, movement("2025-02-01", -60)),
            guarantee(2, "m2", b1, movement("2025-02-02", -60)),
            guarantee(3, "m3", b1, movement("2025-01-02", 100)),
            guarantee(4, "m4", b1, movement("2025-01-01", -1)),
        ];
        let result = import(&world, rows.clone()).await;
        assert_eq!((result.created, errors(&result)), (2, vec![(2, "FUND_OVERDRAWN"), (4, "FUND_OVERDRAWN")]));
        let again = import(&world, rows).await;
        assert_eq!((again.created, again.unchanged, again.errors.len()), (0, 2, 2));
        assert_eq!(world.stage.audited("ImportGuarantees").await.last().expect("audited"), "unchanged");
        let less = import(&world, vec![guarantee(5, "m3", b1, movement("2025-01-02", 59))]).await;
        assert_eq!(errors(&less), [(5, "FUND_OVERDRAWN")], "what came in was spent");
    }

    async fn two_who_spend_at_once_do_not_spend_more_than_there_is(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        import(&world, vec![guarantee(1, "m0", b1, movement("2025-01-02", 100))]).await;
        let names: Vec<String> = (1..=8).map(|k| format!("m{k}")).collect();
        let spend = names.iter().map(|name| import(&world, vec![guarantee(1, name, b1, movement("2025-01-03", -60))]));
        let results = futures::future::join_all(spend).await;
        assert_eq!(results.iter().map(|r| r.created).sum::<u32>(), 1, "S-402");
        assert!(results.iter().all(|r| r.created == 1 || errors(r) == [(1, "FUND_OVERDRAWN")]));
    }

    async fn one_standard_a_year_one_holder_a_slot_five_years_a_term(database: Database) {
        let world = World::with_branches(&database).await;
        let b1 = world.id("b1").await;
        let line = |fen| Record::FundLine(FundLine { line: "activity".into(), year: 2025, standard_fen: fen });
        let slot = |from: &str, until: &str| {
            let (kind, body) = ("committee".into(), "村委会".into());
            Record::Slot(GovernanceSlot { kind, body, from: from.into(), until: until.into(), ..Default::default() })
        };
        let term = |until: &str| Record::Term(Term { from: "2021-03-01".into(), until: until.into(), ..Default::default() });
        let extended = Record::Term(Term {
            from: "2016-03-01".into(),
            until: "2021-02-28".into(),
            extended_until: "2021-08-31".into(),
            ..Default::default()
        });
        let result = import(&world, vec![
            guarantee(1, "l1", b1, line(100)),
            guarantee(2, "l2", b1, line(200)),
            guarantee(3, "s1", b1, slot("2025-01-01", "")),
            guarantee(4, "s2", b1, slot("2020-01-01", "2025-01-01")),
            guarantee(5, "t1", b1, term("2030-03-01")),
            guarantee(6, "t2", b1, term("2026-02-28")),
            guarantee(7, "t3", b1, extended),
        ]).await;
        assert_eq!(errors(&result), [(2, "STANDARD_SET_TWICE"), (4, "SLOT_HELD_TWICE"), (5, "TERM_TOO_LONG"), (7, "EXTENSION_NOT_APPROVED")]);
        let corrected = import(&world, vec![guarantee(1, "l1", b1, line(200))]).await;
        assert_eq!((corrected.updated, corrected.errors.len()), (1, 0));
    }

    async fn nobody_takes_over_a_record_of_another_organization_by_its_id(database: Database) {
        let world = World::with_branches(&database).await;
        let (b1, b2) = (world.id("b1").await, world.id("b2").await);
        import(&world, vec![guarantee(1, "m1", b1, movement("2025-01-02", 100))]).await;
        let taken = import(&world, vec![guarantee(1, "m1", b2, movement("2025-01-02", 100))]).await;
        assert_eq!((taken.updated, errors(&taken)), (0, vec![(1, "RECORD_ELSEWHERE")]));
        let spend = import(&world, vec![guarantee(1, "m2", b1, movement("2025-01-03", -100))]).await;
        assert_eq!(spend.created, 1, "it is where it was");
    }

    async fn a_village_has_no_owners_committee(database: Database) {
        let world = World::with_branches(&database).await;
        let slot = GovernanceSlot { kind: "owners".into(), body: "业委会".into(), from: "2020-01-01".into(), ..Default::default() };
        let result = import(&world, vec![guarantee(7, "s1", world.id("b1").await, Record::Slot(slot))]).await;
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        assert_eq!(errors, [(7, "SLOT_NOT_OF_DOMAIN")]);
    }
}
