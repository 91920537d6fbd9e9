//! The tables that every service has.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

/// Makes them.
pub(crate) struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &'static str {
        "storage_0001_tables"
    }
}

#[async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let postgres = db.get_database_backend() == DbBackend::Postgres;
        for text in TABLES {
            db.execute_unprepared(&dialect(text, postgres)).await?;
        }
        for text in if postgres { POSTGRES } else { SQLITE } {
            db.execute_unprepared(&dialect(text, postgres)).await?;
        }
        Ok(())
    }
}

/// The words in which the two databases differ.
fn dialect(text: &str, postgres: bool) -> String {
    let (uuid, bytes, time) = if postgres {
        ("uuid", "bytea", "timestamptz")
    } else {
        ("blob", "blob", "text")
    };
    text.replace("{uuid}", uuid)
        .replace("{bytes}", bytes)
        .replace("{time}", time)
}

const TABLES: &[&str] = &[
    "CREATE TABLE answer (
        subject text NOT NULL, method text NOT NULL, key text NOT NULL,
        fingerprint {bytes} NOT NULL, answer {bytes}, recorded_at {time} NOT NULL,
        CONSTRAINT answer_key PRIMARY KEY (subject, method, key))",
    "CREATE TABLE refused (
        subject text NOT NULL, method text NOT NULL, key text NOT NULL, recorded_at {time} NOT NULL,
        CONSTRAINT refused_key PRIMARY KEY (subject, method, key))",
    "CREATE TABLE audit (
        number bigint NOT NULL, subject text NOT NULL, session text NOT NULL, method text NOT NULL,
        organization_id {uuid}, record_id {uuid}, result text NOT NULL, purpose text NOT NULL,
        recorded_at {time} NOT NULL, chain {bytes} NOT NULL,
        CONSTRAINT audit_number PRIMARY KEY (number))",
    "CREATE INDEX audit_organization ON audit (organization_id, number)",
    "CREATE TABLE feed_cursor (
        source text NOT NULL, position bigint NOT NULL,
        CONSTRAINT feed_cursor_source PRIMARY KEY (source))",
    "CREATE TABLE lease (
        name text NOT NULL, holder {uuid} NOT NULL, token bigint NOT NULL, until {time} NOT NULL,
        CONSTRAINT lease_name PRIMARY KEY (name))",
    "CREATE TABLE org_scope (
        organization_id {uuid} NOT NULL, path {bytes} NOT NULL, kind integer NOT NULL,
        level integer NOT NULL, domain integer NOT NULL,
        founded_on date NOT NULL, dissolved_on date, version bigint NOT NULL,
        CONSTRAINT org_scope_organization PRIMARY KEY (organization_id))",
    "CREATE INDEX org_scope_path ON org_scope (path, organization_id)",
];

/// Committed rows wait in `outbox` for the sequencer, which empties it all the time.
const POSTGRES: &[&str] = &[
    "CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY,
        kind text NOT NULL, record_id {uuid}, organization_id {uuid}, version bigint NOT NULL,
        deleted boolean NOT NULL, body {bytes} NOT NULL, recorded_at {time} NOT NULL,
        CONSTRAINT outbox_id PRIMARY KEY (id))",
    "ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)",
    "CREATE TABLE feed (
        position bigint NOT NULL,
        kind text NOT NULL, record_id {uuid} NOT NULL, organization_id {uuid} NOT NULL, version bigint NOT NULL,
        deleted boolean NOT NULL, body {bytes} NOT NULL, recorded_at {time} NOT NULL,
        CONSTRAINT feed_position PRIMARY KEY (position))",
    "CREATE INDEX feed_record ON feed (record_id, position)",
];

/// One writer at a time: positions come from the table itself, dense and in order of commit.
const SQLITE: &[&str] = &[
    "CREATE TABLE feed (
        position integer PRIMARY KEY AUTOINCREMENT,
        kind text NOT NULL, record_id {uuid} NOT NULL, organization_id {uuid} NOT NULL, version bigint NOT NULL,
        deleted boolean NOT NULL, body {bytes} NOT NULL, recorded_at {time} NOT NULL)",
    "CREATE INDEX feed_record ON feed (record_id, position)",
];
