use kernel::Role;
use proto::activity::v1::{CompleteMeetingRequest, Duty, Meeting, activity_service_server::ActivityService};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};
use tonic::Status;

use crate::world::World;

async fn complete(world: &World, person: &Person, id: &str, etag: &str) -> Result<Meeting, Status> {
    let request = CompleteMeetingRequest {
        meeting_id: id.into(),
        etag: etag.into(),
        request_id: new_id(),
    };
    let answer = world
        .rpc
        .complete_meeting(person.asks(request))
        .await?
        .into_inner();
    Ok(answer.meeting.expect("a meeting"))
}

async fn incomplete(world: &World) -> Meeting {
    let mut content = world.content(&[Duty::Theme], "2025-12-29", 0..8);
    content.completed_on = String::new();
    world.record(content).await.expect("recorded")
}

testkit::on_both! {
    async fn a_meeting_counts_from_the_day_on_which_its_record_is_complete(database: Database) {
        let world = World::open(&database).await;
        let meeting = incomplete(&world).await;
        assert_eq!((meeting.held, meeting.not_held_reason.as_str()), (false, "RECORD_INCOMPLETE"));
        let done = complete(&world, &world.clerk, &meeting.id, &meeting.etag).await.expect("complete");
        assert_eq!((done.held, done.version, done.etag != meeting.etag), (true, 2, true));
        assert_eq!(done.content.expect("content").completed_on, "2026-01-20", "today, whatever anybody wishes");
        let again = complete(&world, &world.clerk, &meeting.id, &done.etag).await.expect_err("refused");
        assert_eq!(reason(&again), "ALREADY_COMPLETE");
    }

    async fn who_saw_an_older_version_or_comes_from_elsewhere_is_refused(database: Database) {
        let world = World::open(&database).await;
        let meeting = incomplete(&world).await;
        let stale = complete(&world, &world.clerk, &meeting.id, "0000").await.expect_err("refused");
        assert_eq!(reason(&stale), "ETAG_MISMATCH");
        let other = Person::with(&[(Role::Clerk, world.neighbour)]);
        let hidden = complete(&world, &other, &meeting.id, &meeting.etag).await.expect_err("refused");
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }

    async fn of_two_who_complete_at_once_one_wins(database: Database) {
        let world = World::open(&database).await;
        let meeting = incomplete(&world).await;
        let calls = (0..6).map(|_| complete(&world, &world.clerk, &meeting.id, &meeting.etag));
        let outcomes = futures::future::join_all(calls).await;
        assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1);
        for refused in outcomes.into_iter().filter_map(Result::err) {
            assert!(["ETAG_MISMATCH", "ALREADY_COMPLETE", "CONCURRENT_CHANGE"].contains(&reason(&refused).as_str()));
        }
    }
}
