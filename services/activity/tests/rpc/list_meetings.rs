use kernel::Role;
use proto::activity::v1::{
    Duty, ListMeetingsRequest, ListMeetingsResponse, activity_service_server::ActivityService,
};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::world::World;

fn request(world: &World) -> ListMeetingsRequest {
    ListMeetingsRequest {
        organization_id: world.county.to_string(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
        ..Default::default()
    }
}

async fn list(world: &World, request: ListMeetingsRequest) -> ListMeetingsResponse {
    world
        .rpc
        .list_meetings(world.org_dept.asks(request))
        .await
        .expect("a page")
        .into_inner()
}

fn days(page: &ListMeetingsResponse) -> Vec<String> {
    page.meetings
        .iter()
        .map(|one| one.content.clone().unwrap_or_default().held_on)
        .collect()
}

testkit::on_both! {
    async fn meetings_come_newest_first_each_on_one_page_and_without_persons(database: Database) {
        let world = World::open(&database).await;
        for held_on in ["2025-03-14", "2025-05-16", "2025-03-14", "2026-01-09", "2024-12-31"] {
            world.record(world.content(&[Duty::Theme], held_on, 0..8)).await.expect("recorded");
        }
        let first = list(&world, ListMeetingsRequest { page_size: 2, ..request(&world) }).await;
        assert_eq!(days(&first), ["2025-05-16", "2025-03-14"]);
        assert!(first.meetings.iter().all(|one| one.content.as_ref().is_some_and(|c| c.present_ids.is_empty())));
        // One that comes in between moves nothing.
        world.record(world.content(&[Duty::Theme], "2025-06-20", 0..8)).await.expect("recorded");
        let page_token = first.next_page_token.clone();
        let second = list(&world, ListMeetingsRequest { page_size: 2, page_token, ..request(&world) }).await;
        assert_eq!((days(&second), second.next_page_token.as_str()), (vec!["2025-03-14".to_owned()], ""));
        assert_ne!(second.meetings[0].id, first.meetings[1].id);
        let page_token = first.next_page_token;
        let other = ListMeetingsRequest { page_token, duty: Duty::Theme.into(), ..request(&world) };
        let refused = world.rpc.list_meetings(world.org_dept.asks(other)).await.expect_err("another question");
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }

    async fn only_meetings_that_fulfil_the_duty_and_lie_in_range_are_listed(database: Database) {
        let world = World::open(&database).await;
        let far = world.fake.add(world.stranger, true, false);
        world.record(world.content(&[Duty::Theme, Duty::Lecture], "2025-03-14", 0..8)).await.expect("recorded");
        world.record(world.content(&[Duty::Assembly], "2025-03-20", 0..8)).await.expect("recorded");
        let mut away = world.content(&[Duty::Lecture], "2025-04-01", 0..0);
        away.present_ids = vec![far.to_string()];
        world.record_at(world.stranger, away).await.expect("recorded");
        let lectures = list(&world, ListMeetingsRequest { duty: Duty::Lecture.into(), ..request(&world) }).await;
        assert_eq!(days(&lectures), ["2025-04-01", "2025-03-14"]);
        let town = Person::with(&[(Role::OrgDept, world.town)]);
        let own = ListMeetingsRequest { organization_id: world.town.to_string(), ..request(&world) };
        let own = world.rpc.list_meetings(town.asks(own)).await.expect("a page").into_inner();
        assert_eq!(days(&own), ["2025-03-20", "2025-03-14"]);
        let above = world.rpc.list_meetings(town.asks(request(&world))).await.expect_err("refused");
        assert_eq!(reason(&above), "NOT_FOUND");
    }

    async fn a_period_that_ends_before_it_begins_is_refused(database: Database) {
        let world = World::open(&database).await;
        let wrong = ListMeetingsRequest { last_day: "2024-12-31".into(), ..request(&world) };
        let refused = world.rpc.list_meetings(world.org_dept.asks(wrong)).await.expect_err("refused");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
    }
}
