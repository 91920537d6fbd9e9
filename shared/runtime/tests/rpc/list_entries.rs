//! `AuditService.ListEntries`.

use kernel::{Role, id::RecordId};
use proto::audit::v1::{Entry, ListEntriesRequest, audit_service_server::AuditService};
use testkit::{
    database::Database,
    stage::{Person, reason},
};
use tonic::{Request, Status};

use crate::stage::World;

async fn page(world: &World, who: &Person, size: i32, token: &str) -> Result<(Vec<Entry>, String), Status> {
    let asked = ListEntriesRequest {
        page_size: size,
        page_token: token.into(),
    };
    let answer = world.audit.list_entries(who.asks(asked)).await?.into_inner();
    Ok((answer.entries, answer.next_page_token))
}

/// All entries, one page after another.
async fn all(world: &World, who: &Person, size: i32) -> Vec<Entry> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let (entries, next) = page(world, who, size, &token).await.expect("a page");
        all.extend(entries);
        if next.is_empty() {
            return all;
        }
        token = next;
    }
}

testkit::on_both! {
    async fn an_auditor_sees_his_part_of_the_tree_newest_first_page_by_page(database: Database) {
        let world = World::open(&database).await;
        for organization in [world.branch, world.other_branch, world.county, world.branch, world.other_county] {
            world.write(organization, RecordId::new(), 1, None).await.expect("written");
        }
        world.sequenced().await;
        let own = |entries: &[Entry]| -> Vec<(u64, String)> {
            entries.iter().map(|entry| (entry.number, entry.organization_id.clone())).collect()
        };
        let of = |at: kernel::id::OrganizationId, number| (number, at.to_string());
        let county = all(&world, &world.auditor(world.county), 2).await;
        assert_eq!(own(&county), [of(world.branch, 4), of(world.county, 3), of(world.branch, 1)]);
        let branch = all(&world, &world.auditor(world.branch), 1).await;
        assert_eq!(own(&branch), [of(world.branch, 4), of(world.branch, 1)]);
        assert_eq!(all(&world, &world.auditor(world.city), 2).await.len(), 5);
    }

    async fn what_concerns_an_organization_that_is_not_known_is_shown_to_the_roots_auditor_alone(database: Database) {
        let world = World::open(&database).await;
        let unknown = kernel::id::OrganizationId::new();
        let refused = world.write(unknown, RecordId::new(), 1, None).await.expect_err("absent");
        assert_eq!(reason(&refused), "NOT_FOUND");
        world.sequenced().await;
        let root = all(&world, &world.auditor(world.city), 0).await;
        assert_eq!(root.iter().map(|entry| entry.organization_id.clone()).collect::<Vec<_>>(), [unknown.to_string()]);
        assert!(all(&world, &world.auditor(world.county), 0).await.is_empty());
    }

    async fn an_entry_says_who_did_what_to_what_and_how_it_came_out(database: Database) {
        let world = World::open(&database).await;
        let record = RecordId::new();
        world.write(world.branch, record, 1, None).await.expect("written");
        let refused = world.write(world.branch, record, 2, Some("NOT_TODAY")).await.expect_err("refused");
        assert_eq!(reason(&refused), "NOT_TODAY");
        world.sequenced().await;
        let entries = all(&world, &world.auditor(world.county), 0).await;
        let results: Vec<&str> = entries.iter().map(|entry| entry.result.as_str()).collect();
        assert_eq!(results, ["NOT_TODAY", "done"]);
        let done = &entries[1];
        assert_eq!(done.method, "/zhibu.organization.v1.OrganizationService/AssignRoles");
        assert_eq!((&done.record_id, &done.organization_id), (&record.to_string(), &world.branch.to_string()));
        assert!(!done.subject.is_empty() && done.recorded_at.is_some());
        assert_eq!(done.chain.len(), 32);
    }

    async fn nobody_but_an_auditor_reads_the_trail(database: Database) {
        let world = World::open(&database).await;
        world.write(world.branch, RecordId::new(), 1, None).await.expect("written");
        world.sequenced().await;
        let every_other: Vec<_> = Role::ALL.iter().filter(|role| **role != Role::Auditor).map(|role| (*role, world.city)).collect();
        for (who, refused) in [
            (Person::with(&every_other), "ROLE_MISSING"),
            (Person::with(&[]), "ROLE_MISSING"),
            (Person::service("rating"), "PERSON_ONLY"),
        ] {
            assert_eq!(reason(&page(&world, &who, 0, "").await.expect_err("refused")), refused);
        }
        let nobody = world.audit.list_entries(Request::new(ListEntriesRequest::default())).await;
        assert_eq!(reason(&nobody.expect_err("refused")), "SIGN_IN_FIRST");
    }

    async fn a_page_that_is_too_large_and_a_token_of_no_page_are_refused(database: Database) {
        let world = World::open(&database).await;
        let auditor = world.auditor(world.city);
        for (size, token, refused) in [(501, "", "FIELDS_INVALID"), (-1, "", "FIELDS_INVALID"), (0, "x", "PAGE_TOKEN_INVALID")] {
            let answer = page(&world, &auditor, size, token).await;
            assert_eq!(reason(&answer.expect_err("refused")), refused, "{size} {token}");
        }
    }
}
