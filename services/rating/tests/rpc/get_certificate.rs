use kernel::id::OrganizationId;
use proto::rating::v1::{
    Cycle, GetCertificateRequest, GetCertificateResponse, rating_service_server::RatingService,
};
use rating::domain::naming::Certificate;
use testkit::{
    database::Database,
    stage::{reason, told},
};
use tonic::{Response, Status};

use crate::world::World;

pub(crate) async fn certificate(
    world: &World,
    cycle: &Cycle,
    branch: OrganizationId,
) -> Result<GetCertificateResponse, Status> {
    let request = GetCertificateRequest {
        branch_id: branch.to_string(),
        cycle_id: cycle.id.clone(),
    };
    let answer = world.rpc.get_certificate(world.secretary(branch).asks(request));
    answer.await.map(Response::into_inner)
}

testkit::on_both! {
    async fn a_certificate_verifies_and_a_changed_one_does_not(database: Database) {
        let mut world = World::open(&database, 1).await;
        let branch = world.branches[0];
        world.make_poor(branch);
        let cycle = world.frozen().await;
        assert_eq!(reason(&certificate(&world, &cycle, branch).await.expect_err("not signed")), "NOT_FOUND");
        let rated = world.resolved(&cycle, branch, 20).await;
        world.decided(&[branch]).await;
        let batch = world.sign(&cycle, &[branch]).await.expect("signed").batch_id;
        let early = certificate(&world, &cycle, branch).await.expect_err("not named");
        assert_eq!((reason(&early), told(&early)["batch_id"].clone()), ("NOT_NAMED_YET".into(), batch.clone()));
        world.step(&world.clerk, branch, "name_local", &[("naming_batch", &batch)]).await.expect("named");

        // Keys that came later do not sign what was signed before.
        world.rpc.app.public_key = "another".into();
        let answer = certificate(&world, &cycle, branch).await.expect("a certificate");
        assert_eq!(answer.batch_id, batch);
        let says: Certificate = serde_json::from_str(&answer.certificate_json).expect("JSON");
        assert_eq!((says.number.as_str(), says.branch, u32::from(says.star)), ("2025-001-0001", branch, rated.star_vetoes));
        assert!(answer.public_key.starts_with("-----BEGIN PUBLIC KEY-----"));
        let signature = hex::decode(&answer.signature).expect("hex");
        let verify = |text: &str| world.app.keys.verify("rating", text.as_bytes(), &signature);
        verify(&answer.certificate_json).expect("X17");
        verify(&answer.certificate_json.replace("2025-001", "2025-002")).expect_err("changed");
    }
}
