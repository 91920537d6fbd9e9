use kernel::{Role, id::OrganizationId};
use proto::activity::v1::{
    BranchOwed, Duty, DutyOwed, ListOwedRequest, ListOwedResponse, MeetingContent,
    activity_service_server::ActivityService,
};
use proto::organization::v1::Office;
use testkit::{
    database::Database,
    stage::{Person, reason, wrongs},
};

use crate::world::World;

pub(crate) fn duty(owed: &BranchOwed, duty: Duty) -> &DutyOwed {
    owed.duties
        .iter()
        .find(|one| one.duty() == duty)
        .expect("one for each duty")
}

pub(crate) fn of(branches: &[BranchOwed], branch: OrganizationId) -> &BranchOwed {
    branches
        .iter()
        .find(|one| one.branch_id == branch.to_string())
        .expect("the branch")
}

pub(crate) fn request(top: OrganizationId) -> ListOwedRequest {
    ListOwedRequest {
        organization_id: top.to_string(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
        ..Default::default()
    }
}

pub(crate) async fn list(world: &World, request: ListOwedRequest) -> ListOwedResponse {
    world
        .rpc
        .list_owed(world.org_dept.asks(request))
        .await
        .expect("a page")
        .into_inner()
}

testkit::on_both! {
    async fn a_branch_owes_by_its_own_facts_and_what_it_held_counts(database: Database) {
        let world = World::open(&database).await;
        world.record(world.content(&[Duty::Theme, Duty::Lecture], "2025-02-14", 0..12)).await.expect("recorded");
        let mut life = world.content(&[Duty::Life], "2026-01-08", 0..12);
        life.for_year = 2025;
        world.record(life).await.expect("recorded");
        let all = list(&world, request(world.county)).await;
        let owed = of(&all.branches, world.branch);
        let counted = |one| (duty(owed, one).expected, duty(owed, one).held);
        assert_eq!(counted(Duty::Theme), (12, 1));
        assert_eq!(counted(Duty::Lecture), (4, 1));
        assert_eq!(counted(Duty::Life), (1, 1));
        assert_eq!(counted(Duty::Group), (12, 0), "it has a group");
        let committee = duty(owed, Duty::Committee);
        assert_eq!((committee.applicable, committee.expected), (false, 0), "trap 4: nobody knows of seven members");
        assert_eq!(duty(owed, Duty::Assembly).missed, ["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"]);
        assert_eq!(duty(owed, Duty::Assembly).norm, "R-109@2018-10-28");
        assert_eq!((owed.silent_quarters, owed.full_quarters), (3, 4));
        let young = of(&all.branches, world.neighbour);
        assert_eq!((duty(young, Duty::Theme).expected, duty(young, Duty::Assembly).expected), (7, 2), "trap 6");
    }

    async fn a_committee_is_owed_as_members_and_posts_say(database: Database) {
        let world = World::open(&database).await;
        world.strength(world.branch, "2025-07-01", 7).await;
        let owed = |all: &ListOwedResponse| duty(of(&all.branches, world.branch), Duty::Committee).expected;
        assert_eq!(owed(&list(&world, request(world.county)).await), 6, "R-119");
        world.post(Office::Secretary, world.people[3], "2024-01-01").await;
        assert_eq!(owed(&list(&world, request(world.county)).await), 6, "a secretary is no committee (R-120)");
        world.post(Office::Publicity, world.people[4], "2024-01-01").await;
        assert_eq!(owed(&list(&world, request(world.county)).await), 12);
    }

    async fn of_a_running_year_only_what_fell_due_by_today_is_owed(database: Database) {
        let world = World::open(&database).await;
        let asked = || ListOwedRequest { first_day: "2026-01-01".into(), last_day: "2026-12-31".into(), ..request(world.county) };
        let owed = async || of(&list(&world, asked()).await.branches, world.branch).clone();
        let january = owed().await;
        assert!(january.duties.iter().all(|one| !one.applicable && one.expected == 0 && one.missed.is_empty()));
        assert_eq!((january.duties.len(), january.silent_quarters, january.full_quarters), (10, 0, 0));
        world.advance("2026-02-10");
        let theme = world.content(&[Duty::Theme], "2026-02-05", 0..12);
        world.record(MeetingContent { completed_on: "2026-02-10".into(), ..theme }).await.expect("recorded");
        world.advance("2026-03-30");
        let counted = |owed: &BranchOwed, one| (duty(owed, one).expected, duty(owed, one).held);
        let before = owed().await;
        assert_eq!((counted(&before, Duty::Theme), counted(&before, Duty::Assembly)), ((2, 1), (0, 0)));
        assert_eq!(duty(&before, Duty::Theme).missed, ["2026-01-01"], "March may still be held");
        world.advance("2026-03-31");
        let quarter = owed().await;
        assert_eq!((counted(&quarter, Duty::Theme), counted(&quarter, Duty::Assembly)), ((3, 1), (1, 0)));
        assert_eq!((quarter.silent_quarters, quarter.full_quarters), (0, 1));
        assert!(!duty(&quarter, Duty::Life).applicable, "a year is owed when it is over");
        let later = ListOwedRequest { first_day: "2027-01-01".into(), last_day: "2027-12-31".into(), ..request(world.county) };
        let none = list(&world, later).await;
        assert_eq!(duty(of(&none.branches, world.branch), Duty::Theme).expected, 0);
    }

    async fn two_years_may_be_asked_for_and_not_a_day_more(database: Database) {
        let world = World::open(&database).await;
        let over = |first_day: &str, last_day: &str| {
            let asked = ListOwedRequest {
                first_day: first_day.into(),
                last_day: last_day.into(),
                ..request(world.county)
            };
            world.rpc.list_owed(world.org_dept.asks(asked))
        };
        let two = over("2024-01-01", "2025-12-31").await.expect("a page").into_inner();
        assert_eq!(duty(of(&two.branches, world.branch), Duty::Theme).missed.len(), 24);
        for (first, last, wrong) in [
            ("2024-01-01", "2026-01-01", "PERIOD_TOO_LONG"),
            ("1900-01-01", "2200-12-31", "PERIOD_TOO_LONG"),
            ("0001-01-01", "2025-12-31", "DAY_OUT_OF_RANGE"),
            ("2025-01-01", "9999-12-31", "DAY_OUT_OF_RANGE"),
        ] {
            assert_eq!(wrongs(&over(first, last).await.expect_err("refused")), [wrong], "{first} to {last}");
        }
    }

    async fn pages_go_by_branch_and_hold_what_the_caller_may_see(database: Database) {
        let world = World::open(&database).await;
        let mut seen = Vec::new();
        let mut page_token = String::new();
        loop {
            let page = list(&world, ListOwedRequest { page_size: 1, page_token, ..request(world.county) }).await;
            seen.extend(page.branches.into_iter().map(|one| one.branch_id));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let mut all = [world.branch, world.neighbour, world.stranger].map(|id| id.to_string()).to_vec();
        all.sort_unstable();
        assert_eq!(seen, all);
        let clerk = Person::with(&[(Role::Clerk, world.town)]);
        let own = world.rpc.list_owed(clerk.asks(request(world.town))).await.expect("a page").into_inner();
        assert_eq!(own.branches.len(), 2);
        let above = world.rpc.list_owed(clerk.asks(request(world.county))).await.expect_err("refused");
        assert_eq!(reason(&above), "NOT_FOUND");
    }
}
