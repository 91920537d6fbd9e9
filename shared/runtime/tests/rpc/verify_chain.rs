//! `AuditService.VerifyChain`.

use kernel::{Role, id::RecordId};
use proto::audit::v1::{VerifyChainRequest, VerifyChainResponse, audit_service_server::AuditService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};
use tonic::Status;

use crate::stage::World;

async fn verify(world: &World, who: &Person) -> Result<VerifyChainResponse, Status> {
    let answer = world.audit.verify_chain(who.asks(VerifyChainRequest {})).await?;
    Ok(answer.into_inner())
}

testkit::on_both! {
    async fn the_whole_chain_is_recomputed_and_its_first_broken_entry_named(database: Database) {
        let world = World::open(&database).await;
        let auditor = world.auditor(world.county);
        let verdict = verify(&world, &auditor).await.expect("a verdict");
        assert!(verdict.intact && verdict.entries == 0, "an empty trail");
        for organization in [world.branch, world.other_branch, world.branch] {
            world.write(organization, RecordId::new(), 1, None).await.expect("written");
        }
        world.sequenced().await;
        let verdict = verify(&world, &auditor).await.expect("a verdict");
        assert_eq!((verdict.entries, verdict.intact, verdict.broken_at), (3, true, 0), "of others too: there is one chain");
        database.meddle(&world.stage.store, "UPDATE audit SET subject = 'nobody' WHERE number = 2").await;
        let verdict = verify(&world, &auditor).await.expect("a verdict");
        assert_eq!((verdict.intact, verdict.broken_at), (false, 2));
        let bent = if database.is_postgres() { "'infinity'" } else { "'never'" };
        database.meddle(&world.stage.store, &format!("UPDATE audit SET recorded_at = {bent} WHERE number = 1")).await;
        let verdict = verify(&world, &auditor).await.expect("a verdict");
        assert_eq!((verdict.entries, verdict.intact, verdict.broken_at), (3, false, 1), "a row that cannot be read");
        database.meddle(&world.stage.store, "DELETE FROM audit").await;
        let verdict = verify(&world, &auditor).await.expect("a verdict");
        assert_eq!((verdict.entries, verdict.intact, verdict.broken_at), (0, false, 1), "an emptied trail");
    }

    async fn nobody_but_an_auditor_has_it_recomputed(database: Database) {
        let world = World::open(&database).await;
        for (who, refused) in [
            (Person::with(&[(Role::Security, world.city), (Role::OrgDept, world.city)]), "ROLE_MISSING"),
            (Person::service("zhibu"), "PERSON_ONLY"),
        ] {
            assert_eq!(reason(&verify(&world, &who).await.expect_err("refused")), refused);
        }
    }
}
