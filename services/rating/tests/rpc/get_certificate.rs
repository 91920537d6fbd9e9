use proto::rating::v1::{GetCertificateRequest, rating_service_server::RatingService};
use rating::domain::naming::Certificate;
use testkit::{database::Database, stage::reason};

use crate::world::World;

testkit::on_both! {
    async fn a_certificate_verifies_and_a_changed_one_does_not(database: Database) {
        let world = World::open(&database, 1).await;
        let branch = world.branches[0];
        world.make_poor(branch);
        let cycle = world.frozen().await;
        let ask = || {
            let request = GetCertificateRequest { branch_id: branch.to_string(), cycle_id: cycle.id.clone() };
            world.secretary(branch).asks(request)
        };
        assert_eq!(reason(&world.rpc.get_certificate(ask()).await.expect_err("not named")), "NOT_FOUND");
        let rated = world.resolved(&cycle, branch, 20).await;
        world.decided(&[branch]).await;
        let batch = world.sign(&cycle, &[branch]).await.expect("signed").batch_id;

        let answer = world.rpc.get_certificate(ask()).await.expect("a certificate").into_inner();
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
