//! `ListCases`.

use proto::process::v1::{ListCasesRequest, process_service_server::ProcessService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::world::World;

async fn listed(world: &World, who: &Person, asked: ListCasesRequest) -> Vec<String> {
    let answer = world
        .served
        .list_cases(who.asks(asked))
        .await
        .expect("a list")
        .into_inner();
    answer.cases.into_iter().map(|case| case.id).collect()
}

testkit::on_both! {
    async fn a_list_holds_what_lies_below_the_organization_named(database: Database) {
        let world = World::open(&database).await;
        let town = world.submitted("material").await;
        let branch = world.merging().await;
        let below = |id: kernel::id::OrganizationId| ListCasesRequest { organization_id: id.to_string(), ..Default::default() };
        let mut all = [town.id.clone(), branch.id.clone()];
        all.sort();
        assert_eq!(listed(&world, &world.org_dept, below(world.county)).await, all);
        assert_eq!(listed(&world, &world.org_dept, below(world.branch)).await, [branch.id]);
        assert_eq!(listed(&world, &world.org_dept, below(world.other_town)).await, Vec::<String>::new());
        let up = world.served.list_cases(world.keeper.asks(below(world.county))).await.expect_err("above his own");
        assert_eq!(reason(&up), "NOT_FOUND");
    }

    async fn a_list_can_be_limited_to_a_procedure_a_state_and_what_is_open(database: Database) {
        let world = World::open(&database).await;
        let open = world.submitted("material").await;
        let closed = world.submitted("material").await;
        world.take(&world.org_dept, &closed, "refuse", "return_reason").await;
        let merging = world.merging().await;
        let asked = |procedure: &str, state: &str, open_only: bool| ListCasesRequest {
            organization_id: world.county.to_string(),
            procedure: procedure.into(),
            state: state.into(),
            open_only,
            ..Default::default()
        };
        assert_eq!(listed(&world, &world.org_dept, asked("resource_admission", "", true)).await, [open.id]);
        assert_eq!(listed(&world, &world.org_dept, asked("", "refused", false)).await, [closed.id]);
        assert_eq!(listed(&world, &world.org_dept, asked("org_change", "", false)).await, [merging.id]);
    }

    async fn pages_are_full_and_end(database: Database) {
        let world = World::open(&database).await;
        for _ in 0..5 {
            world.submitted("material").await;
        }
        let mut asked = ListCasesRequest { organization_id: world.town.to_string(), page_size: 2, ..Default::default() };
        let (mut sizes, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
        loop {
            let page = world.served.list_cases(world.keeper.asks(asked.clone())).await.expect("a page").into_inner();
            sizes.push(page.cases.len());
            seen.extend(page.cases.into_iter().map(|case| case.id));
            if page.next_page_token.is_empty() {
                break;
            }
            asked.page_token = page.next_page_token;
        }
        assert_eq!((sizes, seen.len()), (vec![2, 2, 1], 5));
    }
}
