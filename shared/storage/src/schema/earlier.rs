//! What organizations were before.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

/// Lets the scope keep it.
pub(crate) struct Earlier;

/// Whoever followed the feed before this column may have passed over what it was told of the past: he takes a snapshot
/// once more.
const ANEW: &str = "DELETE FROM feed_cursor WHERE source = 'organization'";

impl MigrationName for Earlier {
    fn name(&self) -> &'static str {
        "storage_0002_earlier"
    }
}

#[async_trait]
impl MigrationTrait for Earlier {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let nothing = if db.get_database_backend() == DbBackend::Postgres {
            "bytea NOT NULL DEFAULT ''"
        } else {
            "blob NOT NULL DEFAULT x''"
        };
        db.execute_unprepared(&format!("ALTER TABLE org_scope ADD COLUMN earlier {nothing}"))
            .await?;
        db.execute_unprepared(ANEW).await?;
        Ok(())
    }
}
