use kernel::id::RecordId;
use proto::audit::v1::{ListEntriesRequest, VerifyChainRequest};
use storage::{audit, feed};
use testkit::database::{Database, keys};
use wire::Pages;

use crate::stage::{NAME, Stage, put};

async fn notes(stage: &Stage, count: u64) {
    for version in 1..=count {
        stage.note(RecordId::new().0, version, "text").await.unwrap();
    }
    feed::advance(&stage.store).await.unwrap();
}

testkit::on_both! {
    async fn every_way_to_tamper_with_the_table_is_found(database: Database) {
        let harms = [
            ("a flipped column", "UPDATE audit SET result = 'read' WHERE number = 4", 4),
            ("another caller", "UPDATE audit SET subject = 'nobody' WHERE number = 6", 6),
            ("another time", "UPDATE audit SET recorded_at = (SELECT recorded_at FROM audit WHERE number = 1) WHERE number = 5", 5),
            ("a deleted entry", "DELETE FROM audit WHERE number = 3", 3),
            ("a deleted entry, the gap closed",
             "DELETE FROM audit WHERE number = 3; UPDATE audit SET number = number - 100 WHERE number > 3;
              UPDATE audit SET number = number + 99 WHERE number < 0", 3),
            ("two entries swapped",
             "UPDATE audit SET number = 100 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 5;
              UPDATE audit SET number = 5 WHERE number = 100", 2),
            ("an entry inserted",
             "UPDATE audit SET number = number + 100 WHERE number > 4; UPDATE audit SET number = number - 99 WHERE number > 100;
              INSERT INTO audit SELECT 5, subject, session, method, organization_id, record_id, result, purpose, recorded_at, chain
              FROM audit WHERE number = 4", 5),
            ("a link from elsewhere", "UPDATE audit SET chain = (SELECT chain FROM audit WHERE number = 1) WHERE number = 7", 7),
        ];
        for (what, sql, broken_at) in harms {
            let private = if database.is_postgres() { Database::postgres() } else { Database::sqlite() };
            let stage = Stage::on(&private).await;
            notes(&stage, 8).await;
            let before = audit::check(&stage.store).await.unwrap();
            assert_eq!((before.entries, before.broken_at), (8, 0), "intact before {what}");
            private.meddle(&stage.store, sql).await;
            assert_eq!(audit::check(&stage.store).await.unwrap().broken_at, broken_at, "{what}");
        }
    }

    async fn a_cut_tail_is_found_by_what_was_kept_outside(database: Database) {
        let stage = Stage::on(&database).await;
        notes(&stage, 5).await;
        let anchor = audit::anchor(&stage.store).await.unwrap().unwrap();
        assert_eq!(anchor.number, 5);
        database.meddle(&stage.store, "DELETE FROM audit WHERE number > 3").await;
        assert_eq!(audit::check(&stage.store).await.unwrap().broken_at, 0, "the chain alone cannot tell");
        let cut = audit::read(&stage.store, None).await.unwrap();
        assert_eq!(audit::verify(NAME, &keys(), &cut, Some(&anchor)).broken_at, 4);
    }

    async fn the_chain_of_another_service_does_not_verify(database: Database) {
        let stage = Stage::on(&database).await;
        notes(&stage, 2).await;
        let links = audit::read(&stage.store, None).await.unwrap();
        assert_eq!(audit::verify(NAME, &keys(), &links, None).broken_at, 0);
        assert_eq!(audit::verify("member", &keys(), &links, None).broken_at, 1);
    }

    async fn entries_are_listed_newest_first_page_by_page_within_the_range(database: Database) {
        let stage = Stage::on(&database).await;
        notes(&stage, 5).await;
        let tx = stage.store.work("sweep").await.unwrap();
        let elsewhere = kernel::id::OrganizationId::new();
        put(&tx, RecordId::new().0, elsewhere, 1, "outside").await.unwrap();
        tx.commit(()).await.unwrap();
        stage.store.work("idle").await.unwrap().commit(()).await.unwrap();
        feed::advance(&stage.store).await.unwrap();

        let pages = Pages::new(keys());
        let (mut token, mut numbers) = (String::new(), Vec::new());
        loop {
            let request = ListEntriesRequest { page_size: 2, page_token: token };
            let page = audit::list_entries(stage.store.clone(), &pages, stage.authorize(request).unwrap()).await.unwrap();
            for entry in &page.entries {
                assert_eq!(entry.organization_id, stage.root.to_string());
                assert_eq!((entry.result.as_str(), entry.chain.len()), ("done", 32));
                assert!(entry.method.ends_with("/AssignRoles") && !entry.record_id.is_empty());
            }
            numbers.extend(page.entries.iter().map(|entry| entry.number));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(numbers, [5, 4, 3, 2, 1], "without the one outside; idle work leaves no trace");
        let verdict = audit::verify_chain(stage.store.clone(), stage.authorize(VerifyChainRequest {}).unwrap()).await.unwrap();
        assert!(verdict.intact && verdict.entries == 6);
    }
}
