use kernel::id::RecordId;
use proto::audit::v1::{ListEntriesRequest, VerifyChainRequest};
use storage::{audit, feed};
use testkit::database::{Database, keys};
use wire::Pages;

use crate::stage::{NAME, Stage, learn, own, put};

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
            ("a time that is none", "UPDATE audit SET recorded_at = '9999-12-31T23:59:59.999999999+00:00' WHERE number = 2", 2),
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
            ("entries taken off the end", "DELETE FROM audit WHERE number > 5", 6),
            ("all entries taken away", "DELETE FROM audit", 1),
            ("all entries taken away, and the head", "DELETE FROM audit; DELETE FROM mark WHERE name = 'audit head'", 1),
            ("everything taken away but the organizations", "DELETE FROM audit; DELETE FROM feed; DELETE FROM mark", 1),
            ("entries taken off the end, and the head", "DELETE FROM audit WHERE number > 5; DELETE FROM mark WHERE name = 'audit head'", 6),
            ("entries taken off the end, and another head",
             "DELETE FROM audit WHERE number > 5;
              UPDATE mark SET value = (SELECT chain FROM audit WHERE number = 5) WHERE name = 'audit head'", 6),
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
            notes(&stage, 2).await;
            assert_ne!(audit::check(&stage.store).await.unwrap().broken_at, 0, "for good: {what}");
            stage.store.close().await.unwrap();
            let again = private.replica(NAME, own).await;
            assert_ne!(audit::check(&again).await.unwrap().broken_at, 0, "after a restart too: {what}");
        }
    }

    async fn a_row_that_cannot_be_read_was_altered_and_the_others_are_still_listed(database: Database) {
        let stage = Stage::on(&database).await;
        notes(&stage, 3).await;
        let bent = if database.is_postgres() { "'infinity'" } else { "'yesterday'" };
        database.meddle(&stage.store, &format!("UPDATE audit SET recorded_at = {bent} WHERE number = 2")).await;
        let verdict = audit::verify_chain(stage.store.clone(), stage.authorize(VerifyChainRequest {}).unwrap()).await.unwrap();
        assert_eq!((verdict.entries, verdict.intact, verdict.broken_at), (3, false, 2));
        let links = audit::read(&stage.store, None).await.unwrap();
        let subjects: Vec<bool> = links.iter().map(|link| link.entry.subject.is_empty()).collect();
        assert_eq!(subjects, [false, true, false], "what stands in it is nobody's word");
    }

    async fn a_trail_that_was_emptied_with_its_head_and_the_feed_is_not_intact_after_a_restart(database: Database) {
        let stage = Stage::on(&database).await;
        notes(&stage, 3).await;
        database.meddle(&stage.store, "DELETE FROM audit; DELETE FROM feed; DELETE FROM mark").await;
        stage.store.close().await.unwrap();
        let again = database.replica(NAME, own).await;
        assert_eq!(audit::check(&again).await.unwrap().broken_at, 1);
        let stage = Stage::of(again, stage.root);
        notes(&stage, 2).await;
        assert_eq!(audit::check(&stage.store).await.unwrap().broken_at, 3, "no head was made anew");
    }

    async fn a_first_entry_at_the_moment_of_a_verification_is_no_breach(database: Database) {
        let stage = Stage::on(&database).await;
        assert_eq!(audit::check(&stage.store).await.unwrap().broken_at, 0, "nothing was ever written");
        let writing = async {
            for version in 1..=20 {
                stage.note(RecordId::new().0, version, "text").await.unwrap();
                feed::advance(&stage.store).await.unwrap();
            }
        };
        let verifying = async {
            let mut broken = Vec::new();
            for _ in 0..40 {
                broken.push(audit::check(&stage.store).await.unwrap().broken_at);
            }
            broken
        };
        let ((), broken) = tokio::join!(writing, verifying);
        assert_eq!(broken, [0; 40]);
    }

    async fn a_database_that_was_set_back_is_found_by_what_was_kept_outside(database: Database) {
        let stage = Stage::on(&database).await;
        notes(&stage, 3).await;
        database.meddle(&stage.store, "CREATE TABLE marks_of_before AS SELECT * FROM mark").await;
        notes(&stage, 2).await;
        let anchor = audit::anchor(&stage.store).await.unwrap().unwrap();
        assert_eq!(anchor.number, 5);
        let set_back = "DELETE FROM audit WHERE number > 3; DELETE FROM mark;
            INSERT INTO mark SELECT * FROM marks_of_before";
        database.meddle(&stage.store, set_back).await;
        assert_eq!(audit::check(&stage.store).await.unwrap().broken_at, 0, "the database alone cannot tell");
        let cut = audit::read(&stage.store, None).await.unwrap();
        assert_eq!(audit::verify(NAME, &keys().audit().unwrap(), &cut, Some(&anchor)).broken_at, 4);
    }

    async fn the_chain_of_another_service_does_not_verify(database: Database) {
        let stage = Stage::on(&database).await;
        notes(&stage, 2).await;
        let links = audit::read(&stage.store, None).await.unwrap();
        assert_eq!(audit::verify(NAME, &keys().audit().unwrap(), &links, None).broken_at, 0);
        assert_eq!(audit::verify("member", &keys().audit().unwrap(), &links, None).broken_at, 1);
    }

    async fn entries_are_listed_newest_first_page_by_page_within_the_range(database: Database) {
        let stage = Stage::on(&database).await;
        notes(&stage, 5).await;
        let elsewhere = kernel::id::OrganizationId::new();
        learn(&stage.store, &[elsewhere]).await;
        let tx = stage.store.work("sweep").await.unwrap();
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
