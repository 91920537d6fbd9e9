use kernel::id::OrganizationId;
use proto::organization::v1::{
    FundMovement, GovernanceSlot, GuaranteeRow, ImportGuaranteesRequest, guarantee_row::Record,
    organization_service_server::OrganizationService,
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

    async fn a_village_has_no_owners_committee(database: Database) {
        let world = World::with_branches(&database).await;
        let slot = GovernanceSlot { kind: "owners".into(), body: "业委会".into(), from: "2020-01-01".into(), ..Default::default() };
        let result = import(&world, vec![guarantee(7, "s1", world.id("b1").await, Record::Slot(slot))]).await;
        let errors: Vec<_> = result.errors.iter().map(|e| (e.line, e.reason.as_str())).collect();
        assert_eq!(errors, [(7, "SLOT_NOT_OF_DOMAIN")]);
    }
}
