use kernel::Role;
use proto::activity::v1::{
    AnnulMeetingRequest, CompleteMeetingRequest, Duty, Meeting, activity_service_server::ActivityService,
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};
use tonic::Status;

use crate::world::World;

async fn annul(world: &World, person: &Person, id: &str, etag: &str) -> Result<Meeting, Status> {
    let request = AnnulMeetingRequest {
        meeting_id: id.into(),
        reason: "到会人数不实，组〔2025〕12号".into(),
        etag: etag.into(),
        request_id: new_id(),
    };
    let answer = world.rpc.annul_meeting(person.asks(request)).await?.into_inner();
    Ok(answer.meeting.expect("a meeting"))
}

testkit::on_both! {
    async fn an_annulled_meeting_stays_on_record_and_counts_no_more(database: Database) {
        let world = World::open(&database).await;
        let mut content = world.content(&[Duty::Theme], "2025-03-14", 0..8);
        content.completed_on = String::new();
        let meeting = world.record(content).await.expect("recorded");
        let annulled = annul(&world, &world.org_dept, &meeting.id, &meeting.etag).await.expect("annulled");
        assert!(annulled.annulled && !annulled.held && annulled.held_duties.is_empty());
        assert_eq!((annulled.not_held_reason.as_str(), annulled.version), ("ANNULLED", 2));
        let again = annul(&world, &world.org_dept, &meeting.id, &annulled.etag).await.expect_err("refused");
        assert_eq!(reason(&again), "ALREADY_ANNULLED");
        let complete =
            CompleteMeetingRequest { meeting_id: meeting.id, etag: annulled.etag, request_id: new_id() };
        let refused = world.rpc.complete_meeting(world.clerk.asks(complete)).await.expect_err("refused");
        assert_eq!(reason(&refused), "ALREADY_ANNULLED");
    }

    async fn only_the_department_above_annuls_and_only_what_it_saw(database: Database) {
        let world = World::open(&database).await;
        let meeting = world.record(world.content(&[Duty::Theme], "2025-03-14", 0..8)).await.expect("recorded");
        let own = annul(&world, &world.clerk, &meeting.id, &meeting.etag).await.expect_err("refused");
        assert_eq!(reason(&own), "ROLE_MISSING");
        let elsewhere = Person::with(&[(Role::OrgDept, world.stranger)]);
        let hidden = annul(&world, &elsewhere, &meeting.id, &meeting.etag).await.expect_err("refused");
        assert_eq!(reason(&hidden), "NOT_FOUND");
        let stale = annul(&world, &world.org_dept, &meeting.id, "0000").await.expect_err("refused");
        assert_eq!(reason(&stale), "ETAG_MISMATCH");
    }
}
