//! Opens the pool. The traps of the stack are closed here: no ping before each use, no statement log, a schema
//! of its own, time-outs for whoever forgets a transaction, WAL with full syncs, and no connection whose transaction
//! SQLite gave up by itself (a full disk): sqlx counts it on, and whoever came next would write inside it.

use std::time::Duration;

use kernel::planted::Bug;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement,
    sqlx::{
        Connection,
        postgres::PgConnectOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::settings::{Durability, Settings, StartError};

/// How long one waits for a lock of another, and for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Tries to open a SQLite file while others switch it to WAL: no busy time-out covers that moment.
const TRIES: u32 = 50;

/// Connects.
pub(crate) async fn connect(
    settings: &Settings,
    service: &'static str,
) -> Result<DatabaseConnection, StartError> {
    settings.check()?;
    let mut options = ConnectOptions::new(settings.url.clone());
    options
        .max_connections(settings.pool)
        .acquire_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .test_before_acquire(false)
        .sqlx_logging(false);
    let (schema, durability) = (settings.schema.clone(), settings.durability);
    options.map_sqlx_postgres_opts(move |options| postgres(options, schema.as_deref(), service));
    options.map_sqlx_sqlite_opts(move |options| sqlite(options, durability));
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
    });
    open(options)
        .await
        .map_err(|source| StartError::Database { service, source })
}

#[expect(clippy::disallowed_methods, reason = "the one place that opens a pool")]
async fn open(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut tries = 1;
    loop {
        match sea_orm::Database::connect(options.clone()).await {
            Err(e) if tries < TRIES && e.to_string().contains("database is locked") => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}

fn postgres(options: PgConnectOptions, schema: Option<&str>, service: &'static str) -> PgConnectOptions {
    let options = options.application_name(service).options([
        ("idle_in_transaction_session_timeout", "5s"),
        ("lock_timeout", "5s"),
    ]);
    let options = match Bug::LazyCommit.planted() {
        true => options.options([("synchronous_commit", "off")]),
        false => options,
    };
    match schema {
        Some(schema) => options.options([("search_path", schema)]),
        None => options,
    }
}

fn sqlite(options: SqliteConnectOptions, durability: Durability) -> SqliteConnectOptions {
    let synchronous = match durability {
        Durability::Required => SqliteSynchronous::Full,
        Durability::Test => SqliteSynchronous::Off,
    };
    options
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
}

/// Refuses a database that would lose acknowledged writes.
pub(crate) async fn check_durable(db: &DatabaseConnection, service: &'static str) -> Result<(), StartError> {
    let wanted: &[(&str, &str, &[&str])] = match db.get_database_backend() {
        DbBackend::Postgres => &[
            ("SHOW fsync", "fsync", &["on"]),
            ("SHOW full_page_writes", "full_page_writes", &["on"]),
            (
                "SHOW synchronous_commit",
                "synchronous_commit",
                &["on", "local", "remote_write", "remote_apply"],
            ),
        ],
        _ => &[
            (
                "SELECT journal_mode FROM pragma_journal_mode",
                "journal_mode",
                &["wal"],
            ),
            (
                "SELECT CAST(synchronous AS text) FROM pragma_synchronous",
                "synchronous",
                &["2", "3"],
            ),
        ],
    };
    for (sql, name, good) in wanted {
        let value = word(db, sql)
            .await
            .map_err(|source| StartError::Database { service, source })?;
        if !good.contains(&value.as_str()) && !Bug::LazyCommit.planted() {
            return Err(StartError::NotDurable {
                service,
                found: format!("{name} = {value}"),
            });
        }
    }
    Ok(())
}

async fn word(db: &DatabaseConnection, sql: &str) -> Result<String, DbErr> {
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), sql))
        .await?;
    row.map_or_else(|| Ok(String::new()), |row| row.try_get_by_index(0))
}
