//! Migrations: under a lock, all or none, in one transaction; and the check that a program fits its schema.

mod earlier;
mod marks;
mod tables;

use std::collections::BTreeSet;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, SchemaManager};

use crate::{
    pool,
    row::{cell, sql},
    settings::{Settings, StartError},
};

const INSTALL: &str = "CREATE TABLE IF NOT EXISTS schema_version (name text NOT NULL, \
    CONSTRAINT schema_version_key PRIMARY KEY (name))";

/// Brings the database to the schema of this program: the tables of this crate first, then the service's own.
/// Whoever comes second waits and finds nothing to do; a migration that fails leaves nothing behind.
pub async fn migrate(
    settings: &Settings,
    service: &'static str,
    own: Vec<Box<dyn MigrationTrait>>,
) -> Result<(), StartError> {
    let db = pool::connect(
        &Settings {
            pool: 1,
            ..settings.clone()
        },
        service,
    )
    .await?;
    let failed = |source| StartError::Database { service, source };
    let tx = locked(&db, settings.schema.as_deref()).await.map_err(failed)?;
    let applied = applied(&tx).await.map_err(failed)?;
    let all = all(own);
    known(service, &applied, &all)?;
    for migration in all.iter().filter(|one| !applied.contains(one.name())) {
        apply(&tx, migration.as_ref())
            .await
            .map_err(|source| StartError::Migration {
                service,
                name: migration.name().to_owned(),
                source,
            })?;
    }
    tx.commit().await.map_err(failed)?;
    db.close().await.map_err(failed)
}

fn all(own: Vec<Box<dyn MigrationTrait>>) -> Vec<Box<dyn MigrationTrait>> {
    let mut all: Vec<Box<dyn MigrationTrait>> = vec![
        Box::new(tables::Tables),
        Box::new(earlier::Earlier),
        Box::new(marks::Marks),
    ];
    all.extend(own);
    all
}

/// One migrator at a time: SQLite lets only one begin, Postgres hands out the lock.
async fn locked(db: &DatabaseConnection, schema: Option<&str>) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let tx = db.begin_with_options(options).await?;
    if db.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(
            "SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .await?;
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('zhibu migrate ' || $1, 0))";
        tx.query_one_raw(sql(&tx, lock, [schema.unwrap_or_default().into()]))
            .await?;
        // Waiting for a table that somebody uses would stop everybody behind us.
        tx.execute_unprepared("SET LOCAL lock_timeout = '5s'").await?;
        if let Some(schema) = schema {
            tx.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""))
                .await?;
        }
    }
    tx.execute_unprepared(INSTALL).await?;
    Ok(tx)
}

async fn apply(tx: &DatabaseTransaction, migration: &dyn MigrationTrait) -> Result<(), DbErr> {
    migration.up(&SchemaManager::new(tx)).await?;
    let note = "INSERT INTO schema_version (name) VALUES ($1)";
    tx.execute_raw(sql(tx, note, [migration.name().into()])).await?;
    Ok(())
}

async fn applied(db: &impl ConnectionTrait) -> Result<BTreeSet<String>, DbErr> {
    let rows = db
        .query_all_raw(sql(db, "SELECT name FROM schema_version", []))
        .await?;
    rows.iter().map(|row| cell(row, 0)).collect()
}

fn known(
    service: &'static str,
    applied: &BTreeSet<String>,
    all: &[Box<dyn MigrationTrait>],
) -> Result<(), StartError> {
    let names: BTreeSet<&str> = all.iter().map(|one| one.name()).collect();
    match applied.iter().find(|name| !names.contains(name.as_str())) {
        Some(unknown) => Err(StartError::Newer {
            service,
            unknown: unknown.clone(),
        }),
        None => Ok(()),
    }
}

/// Whether the database has exactly the schema of this program.
pub(crate) async fn check(
    db: &DatabaseConnection,
    service: &'static str,
    own: Vec<Box<dyn MigrationTrait>>,
) -> Result<(), StartError> {
    let all = all(own);
    let applied = match applied(db).await {
        Ok(applied) => applied,
        // Without the table nothing was ever migrated.
        Err(DbErr::Query(_) | DbErr::Exec(_)) => BTreeSet::new(),
        Err(source) => return Err(StartError::Database { service, source }),
    };
    known(service, &applied, &all)?;
    match all.iter().find(|one| !applied.contains(one.name())) {
        Some(missing) => Err(StartError::Older {
            service,
            missing: missing.name().to_owned(),
        }),
        None => Ok(()),
    }
}
