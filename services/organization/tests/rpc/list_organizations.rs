use kernel::Role;
use proto::organization::v1::{
    ListOrganizationsRequest, OrganizationKind, organization_service_server::OrganizationService,
};
use testkit::{
    database::Database,
    stage::{Person, reason},
};

use crate::world::World;

fn request(id: impl ToString) -> ListOrganizationsRequest {
    ListOrganizationsRequest {
        organization_id: id.to_string(),
        ..Default::default()
    }
}

testkit::on_both! {
    async fn pages_together_are_the_subtree_parents_first_and_no_row_twice(database: Database) {
        let world = World::with_branches(&database).await;
        let (mut names, mut token) = (Vec::new(), String::new());
        loop {
            let asked = ListOrganizationsRequest { page_size: 1, page_token: token, ..request(world.root) };
            let page = world.rpc.list_organizations(world.org_dept.asks(asked)).await.expect("a page").into_inner();
            names.extend(page.organizations.into_iter().map(|o| o.name));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(names.len(), 4);
        assert_eq!(&names[..2], ["演示县委", "组织town"]);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 4);
    }

    async fn a_page_token_is_good_for_its_own_question_only(database: Database) {
        let world = World::with_branches(&database).await;
        let asked = ListOrganizationsRequest { page_size: 1, ..request(world.root) };
        let page = world.rpc.list_organizations(world.org_dept.asks(asked)).await.expect("a page").into_inner();
        let other = ListOrganizationsRequest {
            page_token: page.next_page_token,
            kinds: vec![OrganizationKind::Branch.into()],
            ..request(world.root)
        };
        let refused = world.rpc.list_organizations(world.org_dept.asks(other)).await.expect_err("refused");
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }

    async fn the_list_is_what_may_be_read_one_by_one(database: Database) {
        let world = World::with_branches(&database).await;
        let town = world.id("town").await;
        let clerk = Person::with(&[(Role::Clerk, world.id("b1").await), (Role::Clerk, town)]);
        let listed = world.rpc.list_organizations(clerk.asks(request(town))).await.expect("a page").into_inner();
        assert_eq!(listed.organizations.len(), 3, "the town and what lies below it");
        let only = ListOrganizationsRequest { kinds: vec![OrganizationKind::Branch.into()], ..request(town) };
        let branches = world.rpc.list_organizations(clerk.asks(only)).await.expect("a page").into_inner();
        assert_eq!(branches.organizations.len(), 2);
        let secretary = Person::with(&[(Role::Secretary, world.id("b1").await)]);
        let hidden = world.rpc.list_organizations(secretary.asks(request(town))).await.expect_err("hidden");
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }
}
