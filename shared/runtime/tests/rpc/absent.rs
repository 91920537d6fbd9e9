//! What the desk does before it says that an organization is absent.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use kernel::{Role, id::OrganizationId};
use proto::organization::v1::{GetOrganizationRequest, GetOrganizationResponse};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::stage::World;

testkit::on_both! {
    async fn a_hidden_organization_is_looked_for_as_an_unknown_one_is_and_one_that_is_seen_is_not(database: Database) {
        let world = World::open(&database).await;
        let pulls = Arc::new(AtomicUsize::new(0));
        let counted = pulls.clone();
        let desk = world.stage.desk.clone().catching_up(Arc::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(async {})
        }));
        let clerk = Person::with(&[(Role::OrgDept, world.county)]);
        let stranger = Person::with(&[]);
        for (who, organization, pulled, refused) in [
            (&clerk, world.branch, 0, None),
            (&clerk, world.other_branch, 1, Some("NOT_FOUND")),
            (&clerk, OrganizationId::new(), 1, Some("NOT_FOUND")),
            (&stranger, world.branch, 0, Some("ROLE_MISSING")),
            (&stranger, OrganizationId::new(), 0, Some("ROLE_MISSING")),
        ] {
            let before = pulls.load(Ordering::SeqCst);
            let asked = GetOrganizationRequest { organization_id: organization.to_string(), ..Default::default() };
            let answer = desk.serve(who.asks(asked), |_| async { Ok(GetOrganizationResponse::default()) }).await;
            assert_eq!(answer.err().as_ref().map(reason).as_deref(), refused);
            assert_eq!(pulls.load(Ordering::SeqCst) - before, pulled, "{refused:?}");
        }
    }
}
