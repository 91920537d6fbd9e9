use proto::rating::v1::{GetTemplateRequest, rating_service_server::RatingService};
use testkit::{database::Database, stage::reason};

use crate::world::World;

testkit::on_both! {
    async fn the_template_in_force_comes_with_its_hash_and_an_unknown_one_is_not_found(database: Database) {
        let world = World::open(&database, 1).await;
        let ask = |hash: &str| world.org_dept.asks(GetTemplateRequest { hash: hash.into() });
        let root = world.rpc.get_template(ask("")).await.expect("a template").into_inner();
        let text: rating::domain::template::Template = serde_json::from_str(&root.template_json).expect("JSON");
        assert_eq!(text.hash(), root.hash, "S-303");
        let same = world.rpc.get_template(ask(&root.hash)).await.expect("a template").into_inner();
        assert_eq!(same.template_json, root.template_json);
        let unknown = world.rpc.get_template(ask(&format!("sm3:{}", "0".repeat(64)))).await.expect_err("refused");
        assert_eq!(reason(&unknown), "NOT_FOUND");
    }
}
