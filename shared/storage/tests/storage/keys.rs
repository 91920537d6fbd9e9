use std::sync::Arc;

use kernel::{Kind, Refusal, id::RecordId};
use proto::organization::v1::{ImportOrganizationsRequest, OrganizationRow};
use storage::ANSWERED;
use testkit::database::Database;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::stage::{Stage, count, execute, put, reason};

testkit::on_both! {
    async fn the_same_key_gets_the_same_answer_and_has_one_effect(database: Database) {
        let stage = Stage::on(&database).await;
        let request = stage.request(RecordId::new());
        assert_eq!(stage.store.replay::<_, String>(&request).await.unwrap(), None);
        let tx = stage.store.begin(&request).await.unwrap();
        put(&tx, RecordId::new().0, stage.root, 1, "once").await.unwrap();
        tx.commit("the answer".to_owned()).await.unwrap();

        assert_eq!(stage.store.replay::<_, String>(&request).await.unwrap().unwrap(), "the answer");
        assert_eq!(reason(stage.store.begin(&request).await), ANSWERED);
        assert_eq!(count(&stage.store, "SELECT count(*) FROM note").await, 1);
    }

    async fn the_same_key_with_another_body_is_refused(database: Database) {
        let stage = Stage::on(&database).await;
        let key = RecordId::new();
        let tx = stage.store.begin(&stage.request(key)).await.unwrap();
        tx.commit("first".to_owned()).await.unwrap();

        let mut body = stage.body(key);
        body.assignments.push(Default::default());
        let other = stage.authorize(body).unwrap();
        assert_eq!(reason(stage.store.replay::<_, String>(&other).await), "KEY_REUSED");
        assert_eq!(reason(stage.store.begin(&other).await), "KEY_REUSED");
    }

    async fn a_chunk_with_other_rows_is_refused_by_its_number(database: Database) {
        let stage = Stage::on(&database).await;
        let import = RecordId::new().to_string();
        let chunk = |rows| ImportOrganizationsRequest {
            organization_id: stage.root.to_string(), import_id: import.clone(), chunk: 7, rows, ..Default::default()
        };
        let writer = Arc::new(access::Caller {
            grants: vec![access::Grant { role: kernel::Role::OrgDept, organization: stage.root, until: None }],
            ..stage.request(RecordId::new()).caller().clone()
        });
        let first = stage.call(writer.clone(), chunk(vec![])).unwrap();
        stage.store.begin(&first).await.unwrap().commit("taken".to_owned()).await.unwrap();
        let second = stage.call(writer, chunk(vec![OrganizationRow::default()])).unwrap();
        let refused = stage.store.replay::<_, String>(&second).await.unwrap_err();
        let refusal = refused.refusal().unwrap();
        assert_eq!((refusal.reason.as_ref(), refusal.kind), ("CHUNK_REUSED", Kind::Invalid));
        assert_eq!(refusal.metadata, [("chunk", "7".to_owned())]);
    }

    async fn a_key_belongs_to_its_caller(database: Database) {
        let stage = Stage::on(&database).await;
        let other = Stage::of(stage.store.clone(), stage.root);
        let key = RecordId::new();
        stage.store.begin(&stage.request(key)).await.unwrap().commit("mine".to_owned()).await.unwrap();
        assert_eq!(stage.store.replay::<_, String>(&other.request(key)).await.unwrap(), None);
    }

    async fn a_twin_in_flight_waits_and_is_then_answered(database: Database) {
        let stage = Stage::on(&database).await;
        let request = stage.request(RecordId::new());
        let first = stage.store.begin(&request).await.unwrap();
        let (store, twin) = (stage.store.clone(), request.clone());
        let (begun, began) = oneshot::channel();
        let second = tokio::spawn(async move {
            begun.send(()).unwrap();
            store.begin(&twin).await
        });
        began.await.unwrap();
        put(&first, RecordId::new().0, stage.root, 1, "once").await.unwrap();
        assert!(!second.is_finished(), "the twin waits");
        first.commit("won".to_owned()).await.unwrap();
        assert_eq!(reason(second.await.unwrap()), ANSWERED);
        assert_eq!(stage.store.replay::<_, String>(&request).await.unwrap().unwrap(), "won");
    }

    async fn fifty_twins_at_once_have_one_effect(database: Database) {
        let stage = Stage::on(&database).await;
        let request = stage.request(RecordId::new());
        let twins = (0..50).map(|_| {
            let (store, request, root) = (stage.store.clone(), request.clone(), stage.root);
            tokio::spawn(async move {
                let tx = store.begin(&request).await?;
                put(&tx, RecordId::new().0, root, 1, "once").await?;
                tx.commit("done".to_owned()).await
            })
        });
        let mut won = 0;
        for twin in twins.collect::<Vec<_>>() {
            match twin.await.unwrap() {
                Ok(_) => won += 1,
                Err(error) => assert_eq!(error.refusal().unwrap().reason, ANSWERED),
            }
        }
        assert_eq!(won, 1);
        assert_eq!(count(&stage.store, "SELECT count(*) FROM note").await, 1);
    }

    async fn a_unit_of_work_that_is_given_up_frees_its_key(database: Database) {
        let stage = Stage::on(&database).await;
        let request = stage.request(RecordId::new());
        let tx = stage.store.begin(&request).await.unwrap();
        put(&tx, RecordId::new().0, stage.root, 1, "never").await.unwrap();
        drop(tx);
        assert_eq!(stage.store.replay::<_, String>(&request).await.unwrap(), None);
        stage.store.begin(&request).await.unwrap().commit("second try".to_owned()).await.unwrap();
        assert_eq!(count(&stage.store, "SELECT count(*) FROM note").await, 0);
        storage::feed::advance(&stage.store).await.unwrap();
        assert_eq!(count(&stage.store, "SELECT count(*) FROM feed").await, 0);
        assert_eq!(count(&stage.store, "SELECT count(*) FROM audit").await, 1);
    }

    async fn a_refusal_is_recorded_once_for_each_key_and_leaves_the_key_free(database: Database) {
        let stage = Stage::on(&database).await;
        let request = stage.request(RecordId::new());
        let refusal = Refusal::new(Kind::Precondition, "QUORUM_NOT_MET", "到会人数不足。");
        stage.store.refused(&request, &refusal).await.unwrap();
        stage.store.refused(&request, &refusal).await.unwrap();
        storage::feed::advance(&stage.store).await.unwrap();
        assert_eq!(count(&stage.store, "SELECT count(*) FROM audit WHERE result = 'QUORUM_NOT_MET'").await, 1);
        stage.store.begin(&request).await.unwrap().commit("now it may".to_owned()).await.unwrap();
    }

    async fn a_write_that_breaks_a_constraint_names_it(database: Database) {
        let stage = Stage::on(&database).await;
        let tx = stage.store.begin(&stage.request(RecordId::new())).await.unwrap();
        let id = Uuid::from(RecordId::new());
        let text = "INSERT INTO note (id, organization_id, version, said) VALUES ($1, $1, 1, '')";
        execute(&tx, text, [id.into()]).await.unwrap();
        let statement = sea_orm::Statement::from_sql_and_values(
            sea_orm::ConnectionTrait::get_database_backend(tx.db()), text, [id.into()]);
        let error = sea_orm::ConnectionTrait::execute_raw(tx.db(), statement).await.unwrap_err();
        let (code, name) = storage::broken(&error).unwrap();
        let postgres = database.is_postgres();
        let expected = if postgres { ("23505", "note_id") } else { ("1555", "UNIQUE constraint failed: note.id") };
        assert_eq!((code.as_str(), name.as_str()), expected);
    }
}
