//! `GetProcedure`.

use process::Definitions;
use proto::process::v1::{GetProcedureRequest, GetProcedureResponse, process_service_server::ProcessService};
use testkit::{database::Database, stage::reason};
use tonic::{Request, Status};

use crate::world::World;

async fn got(world: &World, procedure: &str, version: &str) -> Result<GetProcedureResponse, Status> {
    let asked = GetProcedureRequest {
        procedure: procedure.into(),
        version: version.into(),
    };
    Ok(world
        .served
        .get_procedure(Request::new(asked))
        .await?
        .into_inner())
}

testkit::on_both! {
    async fn anybody_reads_the_definition_in_force_and_any_other_version_with_its_hash(database: Database) {
        let world = World::open(&database).await;
        let today = got(&world, "development", "").await.expect("a definition");
        assert_eq!((today.version.as_str(), today.name_zh.as_str()), ("2014", "发展党员"));
        let next = got(&world, "development", "2026.05").await.expect("a definition");
        assert_ne!(today.hash, next.hash);
        let shipped = Definitions::shipped();
        assert_eq!(next.hash, shipped.hash(shipped.version("development", "2026.05").expect("a version")));
        assert_eq!(next.hash, crate::world::sm3(&next.definition_json));
    }

    async fn one_that_does_not_exist_is_named(database: Database) {
        let world = World::open(&database).await;
        for (procedure, version) in [("nothing", ""), ("development", "1999")] {
            let refused = got(&world, procedure, version).await.expect_err("none");
            assert_eq!(reason(&refused), "PROCEDURE_UNKNOWN");
        }
    }
}
