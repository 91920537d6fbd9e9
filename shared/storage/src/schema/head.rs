//! Where the audit trail ends.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

/// Keeps it beside the trail. It has no row until the next entry: nobody has the key here.
pub(crate) struct Head;

impl MigrationName for Head {
    fn name(&self) -> &'static str {
        "storage_0003_head"
    }
}

#[async_trait]
impl MigrationTrait for Head {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let bytes = match db.get_database_backend() {
            DbBackend::Postgres => "bytea",
            _ => "blob",
        };
        let table = format!(
            "CREATE TABLE audit_head (
                row integer NOT NULL, number bigint NOT NULL, chain {bytes} NOT NULL, seal {bytes} NOT NULL,
                CONSTRAINT audit_head_row PRIMARY KEY (row), CONSTRAINT audit_head_one CHECK (row = 1))"
        );
        db.execute_unprepared(&table).await?;
        Ok(())
    }
}
