use kernel::Role;
use proto::activity::v1::{
    Duty, MeetingContent, RecordMeetingRequest, activity_service_server::ActivityService,
};
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};

use crate::world::{TODAY, World};

async fn refused(world: &World, change: impl FnOnce(&mut MeetingContent)) -> String {
    let mut content = world.content(&[Duty::Theme], "2025-03-14", 0..8);
    change(&mut content);
    reason(&world.record(content).await.expect_err("refused"))
}

testkit::on_both! {
    async fn a_meeting_keeps_who_should_have_come_and_each_duty_counts_by_its_own_quorum(database: Database) {
        let world = World::open(&database).await;
        // Four full members of ten, five of the ten who are not exempt.
        let content = world.content(&[Duty::Theme, Duty::Assembly], "2025-03-14", 2..6);
        let mut with_probationary = content.clone();
        with_probationary.present_ids.push(world.people[11].to_string());
        let meeting = world.record(with_probationary).await.expect("recorded");
        assert_eq!((meeting.full_entitled, meeting.probationary_entitled, meeting.exempt), (10, 2, 2));
        assert_eq!((meeting.full_present, meeting.present_not_exempt), (4, 5));
        assert_eq!(meeting.held_duties, [Duty::Theme as i32], "R-110 asks for 5 full members, R-115 for 5 of 10");
        assert_eq!((meeting.held, meeting.not_held_reason.as_str()), (false, "QUORUM_NOT_MET"));
        let told = meeting.content.expect("content");
        assert!(told.present_ids.is_empty(), "an answer that is stored under its key names no person");
    }

    async fn a_retry_gets_the_same_answer_and_another_body_under_its_key_is_refused(database: Database) {
        let world = World::open(&database).await;
        let request = RecordMeetingRequest {
            branch_id: world.branch.to_string(),
            content: Some(world.content(&[Duty::Theme], "2025-03-14", 0..8)),
            request_id: new_id(),
        };
        let ask = |request: RecordMeetingRequest| world.rpc.record_meeting(world.clerk.asks(request));
        let first = ask(request.clone()).await.expect("recorded").into_inner();
        let head = world.head().await;
        assert_eq!(ask(request.clone()).await.expect("again").into_inner(), first);
        world.fake.leave();
        assert_eq!(ask(request.clone()).await.expect("member is away").into_inner(), first);
        assert_eq!(world.head().await, head, "and changes nothing");
        let other = RecordMeetingRequest {
            content: Some(world.content(&[Duty::Theme], "2025-03-15", 0..8)),
            ..request
        };
        assert_eq!(reason(&ask(other).await.expect_err("refused")), "KEY_REUSED");
    }

    async fn twins_at_once_record_one_meeting(database: Database) {
        let world = World::open(&database).await;
        let request = RecordMeetingRequest {
            branch_id: world.branch.to_string(),
            content: Some(world.content(&[Duty::Theme], "2025-03-14", 0..8)),
            request_id: new_id(),
        };
        let before = world.head().await;
        let calls = (0..8).map(|_| world.rpc.record_meeting(world.clerk.asks(request.clone())));
        let answers = futures::future::join_all(calls).await;
        let ids: std::collections::BTreeSet<_> = answers
            .into_iter()
            .map(|answer| answer.expect("recorded").into_inner().meeting.expect("a meeting").id)
            .collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(world.head().await, before + 1, "one event");
    }

    async fn what_cannot_be_is_refused_by_name(database: Database) {
        let world = World::open(&database).await;
        let before = world.head().await;
        let stranger = world.fake.add(world.stranger, true, false).to_string();
        for (expected, found) in [
            ("HELD_IN_FUTURE", refused(&world, |c| c.held_on = "2026-01-21".into()).await),
            ("COMPLETED_IN_FUTURE", refused(&world, |c| c.completed_on = "2026-01-21".into()).await),
            ("COMPLETED_BEFORE_HELD", refused(&world, |c| c.completed_on = "2025-03-13".into()).await),
            ("DAY_OUTSIDE_EXISTENCE", refused(&world, |c| c.held_on = "1999-12-31".into()).await),
            ("YEAR_NOT_OF_MEETING", refused(&world, |c| c.for_year = 2026).await),
            ("DUTY_TWICE", refused(&world, |c| c.duties = vec![5, 4, 5]).await),
            ("GROUP_NOT_OF_BRANCH", refused(&world, |c| c.duties = vec![3]).await),
            ("GROUP_NOT_OF_BRANCH", refused(&world, |c| {
                c.duties = vec![3];
                c.group_id = world.neighbour.to_string();
            }).await),
            ("DUTY_NOT_OF_GROUP", refused(&world, |c| {
                c.duties = vec![3, 1];
                c.group_id = world.group.to_string();
            }).await),
            ("VOTE_IMPOSSIBLE", refused(&world, |c| c.duties = vec![2]).await),
            ("ATTENDANCE_OVER_ROLL", refused(&world, |c| c.leave_ids = vec![c.present_ids[3].clone()]).await),
            ("PERSON_NOT_ON_ROLL", refused(&world, |c| c.present_ids.push(stranger)).await),
            ("FIELDS_INVALID", refused(&world, |c| c.held_on = "2025-02-30".into()).await),
            ("FIELDS_INVALID", refused(&world, |c| c.duties = vec![]).await),
        ] {
            assert_eq!(found, expected);
        }
        assert_eq!(world.head().await, before, "nothing was written");
    }

    async fn the_record_is_complete_today_or_not_yet_and_never_was_r_214(database: Database) {
        let world = World::open(&database).await;
        for earlier in ["2025-12-02", "2026-01-19"] {
            let said = refused(&world, |c| {
                c.held_on = "2025-12-01".into();
                c.completed_on = earlier.into();
            });
            assert_eq!(said.await, "COMPLETED_NOT_TODAY");
        }
        let mut content = world.content(&[Duty::Theme], "2025-12-01", 0..8);
        content.completed_on = TODAY.into();
        assert!(world.record(content.clone()).await.expect("complete today").held);
        content.completed_on = String::new();
        assert_eq!(world.record(content).await.expect("not yet").not_held_reason, "RECORD_INCOMPLETE");
    }

    async fn a_group_meets_for_itself(database: Database) {
        let world = World::open(&database).await;
        let mut content = world.content(&[Duty::Group, Duty::Study], "2025-03-14", 2..4);
        content.group_id = world.group.to_string();
        let meeting = world.record(content).await.expect("recorded");
        assert!(meeting.held, "R-113 names no quorum");
    }

    async fn a_branch_of_others_is_as_absent_as_one_that_does_not_exist(database: Database) {
        let world = World::open(&database).await;
        let ask = |branch: String, person: &Person| {
            let request = RecordMeetingRequest {
                branch_id: branch,
                content: Some(world.content(&[Duty::Theme], "2025-03-14", 0..8)),
                request_id: new_id(),
            };
            world.rpc.record_meeting(person.asks(request))
        };
        let hidden = ask(world.neighbour.to_string(), &world.clerk).await.expect_err("refused");
        let absent = ask(new_id(), &world.clerk).await.expect_err("refused");
        assert_eq!((hidden.code(), hidden.message()), (absent.code(), absent.message()));
        assert_eq!(reason(&hidden), "NOT_FOUND");
        let nobody = ask(world.branch.to_string(), &world.org_dept).await.expect_err("refused");
        assert_eq!(reason(&nobody), "ROLE_MISSING");
        let town = Person::with(&[(Role::Clerk, world.town)]);
        ask(world.branch.to_string(), &town).await.expect("a clerk of the town records for a branch below");
        let none = ask(world.town.to_string(), &town).await.expect_err("refused");
        assert_eq!(reason(&none), "BRANCH_NOT_A_BRANCH");
    }
}
