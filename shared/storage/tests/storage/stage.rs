//! A small service with one table, and people who call it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use access::{Authorized, Call, Caller, Gate, Grant, Level, Node, Standing};
use async_trait::async_trait;
use kernel::{
    Day, OrganizationKind, Refusal, Role, RpcError,
    id::{OrganizationId, RecordId},
};
use prost::Message;
use prost_reflect::ReflectMessage;
use proto::organization::v1::AssignRolesRequest;
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use storage::{Reading, Store, Tx, fault};
use testkit::database::Database;
use uuid::Uuid;

pub(crate) const NAME: &str = "organization";
pub(crate) const KIND: &str = "organization.note";

struct Notes;

impl MigrationName for Notes {
    fn name(&self) -> &'static str {
        "notes_0001"
    }
}

#[async_trait]
impl MigrationTrait for Notes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            "uuid"
        } else {
            "blob"
        };
        let text = format!(
            "CREATE TABLE note (id {id} NOT NULL, organization_id {id} NOT NULL, version bigint NOT NULL,
             said text NOT NULL, CONSTRAINT note_id PRIMARY KEY (id))"
        );
        manager.get_connection().execute_unprepared(&text).await?;
        Ok(())
    }
}

pub(crate) fn own() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(Notes)]
}

/// The service on its database, with a root organization and a person who may write below it.
pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) root: OrganizationId,
    gate: Gate,
    caller: Arc<Caller>,
}

impl Stage {
    pub(crate) async fn on(database: &Database) -> Self {
        let store = database.open(NAME, own).await;
        let root = OrganizationId::new();
        learn(&store, &[root]).await;
        Self::of(store, root)
    }

    pub(crate) fn of(store: Store, root: OrganizationId) -> Self {
        let grant = |role| Grant {
            role,
            organization: root,
            until: None,
        };
        let caller = Caller {
            standing: Standing::Person,
            subject: RecordId::new().to_string(),
            session: "one".into(),
            level: Level::Two,
            grants: vec![grant(Role::Security), grant(Role::Auditor)],
            epoch: 1,
        };
        Self {
            gate: Gate::new(store.scopes().clone()),
            store,
            root,
            caller: Arc::new(caller),
        }
    }

    pub(crate) fn authorize<T: ReflectMessage + Message>(&self, body: T) -> Result<Authorized<T>, Refusal> {
        self.call(self.caller.clone(), body)
    }

    pub(crate) fn call<T: ReflectMessage + Message>(
        &self,
        caller: Arc<Caller>,
        body: T,
    ) -> Result<Authorized<T>, Refusal> {
        let call = Call {
            caller,
            deadline: Instant::now() + Duration::from_secs(60),
        };
        self.gate
            .authorize(call, &body.transcode_to_dynamic(), body, day())
    }

    /// A write under a key.
    pub(crate) fn request(&self, key: RecordId) -> Authorized<AssignRolesRequest> {
        self.authorize(self.body(key)).expect("a right to it")
    }

    pub(crate) fn body(&self, key: RecordId) -> AssignRolesRequest {
        AssignRolesRequest {
            organization_id: self.root.to_string(),
            request_id: key.to_string(),
            ..Default::default()
        }
    }

    /// Writes one note as a whole unit of work.
    pub(crate) async fn note(&self, id: Uuid, version: u64, said: &str) -> Result<String, RpcError> {
        let tx = self.store.begin(&self.request(RecordId::new())).await?;
        put(&tx, id, self.root, version, said).await?;
        tx.commit(said.to_owned()).await
    }
}

pub(crate) fn day() -> Day {
    "2026-01-05".parse().expect("a day")
}

pub(crate) fn node(path: &[OrganizationId]) -> Node {
    Node {
        id: *path.last().expect("a path"),
        path: path.iter().flat_map(|id| id.bytes()).collect(),
        kind: OrganizationKind::Committee,
        level: None,
        domain: None,
        founded_on: "2000-01-01".parse().expect("a day"),
        dissolved_on: None,
        earlier: Arc::default(),
    }
}

pub(crate) async fn learn(store: &Store, path: &[OrganizationId]) {
    let tx = store.work("learn").await.expect("work");
    tx.learn(node(path));
    tx.commit(()).await.expect("commit");
}

/// Writes a note and its event. An older version waits for nobody and replaces nothing.
pub(crate) async fn put(
    tx: &Tx,
    id: Uuid,
    organization: OrganizationId,
    version: u64,
    said: &str,
) -> Result<(), RpcError> {
    let text = "INSERT INTO note (id, organization_id, version, said) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, said = excluded.said";
    let values = [
        id.into(),
        Uuid::from(organization).into(),
        i64::try_from(version).unwrap().into(),
        said.into(),
    ];
    execute(tx, text, values).await?;
    tx.event(KIND, id, organization, version, &said.to_owned());
    Ok(())
}

pub(crate) async fn execute(
    on: &impl Reading,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, RpcError> {
    let statement = Statement::from_sql_and_values(on.db().get_database_backend(), text, values);
    Ok(on
        .db()
        .execute_raw(statement)
        .await
        .map_err(fault)?
        .rows_affected())
}

/// One number out of the database.
pub(crate) async fn count(store: &Store, text: &str) -> i64 {
    let own = store.own();
    let statement = Statement::from_string(own.db().get_database_backend(), text);
    let row = own
        .db()
        .query_one_raw(statement)
        .await
        .expect("a count")
        .expect("a row");
    row.try_get_by_index(0).expect("a number")
}

pub(crate) fn reason<T: std::fmt::Debug>(outcome: Result<T, RpcError>) -> String {
    let error = outcome.expect_err("a refusal");
    error
        .refusal()
        .unwrap_or_else(|| panic!("a refusal, not {error}"))
        .reason
        .to_string()
}
