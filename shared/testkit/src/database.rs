//! A private database for each test, the same test on both databases: [`on_both!`](crate::on_both).

use std::sync::{Arc, LazyLock};

use access::Scopes;
use kernel::id::RecordId;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigrationTrait;
use seal::Keyring;
use storage::{Durability, Reading, Settings, Store};
use tempfile::TempDir;

/// The keys of all tests of a process.
static KEYS: LazyLock<Arc<Keyring>> = LazyLock::new(new_keys);

/// Keys that nobody else has.
///
/// # Panics
/// When there is no folder to make them in.
#[must_use]
pub fn new_keys() -> Arc<Keyring> {
    let folder = tempfile::tempdir().expect("a folder for keys");
    Keyring::create(folder.path()).expect("new keys");
    Arc::new(Keyring::load(folder.path()).expect("the new keys"))
}

/// The keys of all tests of a process: one set, since making SM2 keys takes time.
#[must_use]
pub fn keys() -> Arc<Keyring> {
    KEYS.clone()
}

/// The server that `ZHIBU_TEST_REDIS` names.
///
/// # Panics
/// When it names none.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no settings; tests/run says where the server is"
)]
pub fn redis() -> String {
    std::env::var("ZHIBU_TEST_REDIS").expect("run tests/run or set ZHIBU_TEST_REDIS")
}

/// A database that no other test sees: a SQLite file in a folder of its own, or a schema of its own on Postgres.
pub struct Database {
    /// How to reach it; `pool` may be changed.
    pub settings: Settings,
    _folder: Option<TempDir>,
}

impl Database {
    /// A SQLite file that goes away with the test.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for a database");
        let url = format!("sqlite:{}", folder.path().join("service.db").display());
        Self {
            settings: settings(url, None),
            _folder: Some(folder),
        }
    }

    /// A schema on the server that `ZHIBU_TEST_POSTGRES` names.
    ///
    /// # Panics
    /// When it names none.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no settings; tests/run says where the server is"
    )]
    pub fn postgres() -> Self {
        let url = std::env::var("ZHIBU_TEST_POSTGRES").expect("run tests/run or set ZHIBU_TEST_POSTGRES");
        let schema = format!("test_{}", RecordId::new().0.simple());
        Self {
            settings: settings(url, Some(schema)),
            _folder: None,
        }
    }

    /// A URL to a whole database of its own, for a process that gives each service its own schema in it.
    ///
    /// # Panics
    /// When the server does not make one.
    #[expect(
        clippy::disallowed_methods,
        reason = "a database is made before any store can open it"
    )]
    pub async fn url(&self) -> String {
        if !self.is_postgres() {
            return format!("{}?mode=rwc", self.settings.url);
        }
        let name = format!("test_{}", RecordId::new().0.simple());
        let server = sea_orm::Database::connect(&self.settings.url)
            .await
            .expect("the server");
        server
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .expect("a database");
        server.close().await.expect("closed");
        let (head, _) = self.settings.url.rsplit_once('/').expect("a URL with a database");
        format!("{head}/{name}")
    }

    /// Whether it is Postgres.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.settings.schema.is_some()
    }

    /// Brings it to the schema of a service and opens it, with an empty tree in memory.
    pub async fn open(&self, service: &'static str, own: fn() -> Vec<Box<dyn MigrationTrait>>) -> Store {
        storage::migrate(&self.settings, service, own())
            .await
            .expect("migrations");
        self.replica(service, own).await
    }

    /// Opens it once more, as another replica of the service would.
    pub async fn replica(&self, service: &'static str, own: fn() -> Vec<Box<dyn MigrationTrait>>) -> Store {
        Store::open(&self.settings, service, own(), keys(), Scopes::default())
            .await
            .expect("the store opens")
    }

    /// Runs statements behind everybody's back.
    pub async fn meddle(&self, store: &Store, sql: &str) {
        store.own().db().execute_unprepared(sql).await.expect("meddling");
    }
}

/// Runs a statement on a database that programs outside of this one keep, and says what it counts; 0 when it counts
/// nothing.
#[expect(
    clippy::disallowed_methods,
    reason = "nobody's store: the programs that keep it are not here"
)]
pub async fn outside(url: &str, sql: &str) -> i64 {
    let db = sea_orm::Database::connect(url).await.expect("a database");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("a statement");
    let counted = row.and_then(|row| row.try_get_by_index(0).ok());
    db.close().await.expect("closed");
    counted.unwrap_or(0)
}

fn settings(url: String, schema: Option<String>) -> Settings {
    Settings {
        url,
        schema,
        pool: 8,
        durability: Durability::Test,
    }
}

/// Makes each test twice: `sqlite::NAME` and `postgres::NAME`. A module writes it once.
///
/// ```text
/// testkit::on_both! {
///     async fn a_retry_gets_the_same_answer(database: Database) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident: $type:ty) $body:block)*) => {
        $(async fn $name($database: $type) $body)*

        mod sqlite {$(
            $(#[$meta])*
            #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::database::Database::sqlite()).await;
            }
        )*}

        mod postgres {$(
            $(#[$meta])*
            #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::database::Database::postgres()).await;
            }
        )*}
    };
}
