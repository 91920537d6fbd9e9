//! QuoteDues: what is owed on a base.

use proto::member::v1::{DuesClass, QuoteDuesRequest, member_service_server::MemberService};
use testkit::database::Database;
use testkit::stage::reason;

use crate::scene::Scene;

testkit::on_both! {
    async fn the_whole_base_pays_the_rate_of_its_tier_r_301(database: Database) {
        let scene = Scene::open(&database).await;
        for (class, base, due) in [
            (DuesClass::Wage, 300_000, 1_500),
            (DuesClass::Wage, 300_001, 3_000),
            (DuesClass::Wage, 1_000_001, 20_000),
            (DuesClass::Pension, 500_001, 5_000),
            (DuesClass::Relief, 500_001, 20),
        ] {
            let request = QuoteDuesRequest { class: class.into(), base_fen: base, on: "2025-01-01".into() };
            let quote = scene.rpc.quote_dues(scene.clerk.asks(request)).await.expect("quoted").into_inner();
            assert_eq!((quote.due_fen, quote.tier_version.as_str()), (due, "2008"), "{class:?} {base}");
        }
    }

    async fn a_class_that_does_not_exist_is_a_wrong_field(database: Database) {
        let scene = Scene::open(&database).await;
        let request = QuoteDuesRequest { class: 9, base_fen: 1, on: String::new() };
        let refused = scene.rpc.quote_dues(scene.clerk.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
    }
}
