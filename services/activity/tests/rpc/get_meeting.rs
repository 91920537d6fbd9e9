use kernel::Role;
use proto::activity::v1::{Duty, GetMeetingRequest, activity_service_server::ActivityService};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};

use crate::world::World;

testkit::on_both! {
    async fn a_meeting_reads_back_as_it_was_recorded_with_its_attendance(database: Database) {
        let world = World::open(&database).await;
        let mut content = world.content(&[Duty::Lecture, Duty::Committee, Duty::Theme], "2026-01-08", 0..8);
        content.leave_ids = vec![world.people[9].to_string()];
        content.lecturer_ids = vec![new_id()];
        content.observers = 3;
        content.for_year = 2025;
        (content.committee_entitled, content.committee_present) = (5, 4);
        content.duties.sort_unstable();
        let meeting = world.record(content.clone()).await.expect("recorded");
        let ask = GetMeetingRequest { meeting_id: meeting.id.clone() };
        let read = world.rpc.get_meeting(world.clerk.asks(ask)).await.expect("read").into_inner();
        let read = read.meeting.expect("a meeting");
        assert_eq!(read.content, Some(content));
        assert!(read.held && read.present_not_exempt == 6, "observers count nowhere (S-125)");
        assert_eq!((read.etag, read.version), (meeting.etag, 1));
    }

    async fn hidden_and_absent_answer_alike(database: Database) {
        let world = World::open(&database).await;
        let meeting = world.record(world.content(&[Duty::Theme], "2025-03-14", 0..8)).await.expect("recorded");
        let other = Person::with(&[(Role::Clerk, world.neighbour), (Role::Secretary, world.stranger)]);
        let ask = |id: &str| world.rpc.get_meeting(other.asks(GetMeetingRequest { meeting_id: id.into() }));
        let hidden = ask(&meeting.id).await.expect_err("refused");
        let absent = ask(&new_id()).await.expect_err("refused");
        assert_eq!((hidden.code(), hidden.message()), (absent.code(), absent.message()));
        assert_eq!(reason(&hidden), "NOT_FOUND");
        let above = Person::with(&[(Role::Inspector, world.county)]);
        world.rpc.get_meeting(above.asks(GetMeetingRequest { meeting_id: meeting.id })).await.expect("from above");
    }
}
