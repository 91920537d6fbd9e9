//! What a database says of itself.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

/// Keeps it in one table. It has no row before the database is first opened: nobody has the keys here.
pub(crate) struct Marks;

impl MigrationName for Marks {
    fn name(&self) -> &'static str {
        "storage_0003_marks"
    }
}

#[async_trait]
impl MigrationTrait for Marks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let bytes = match db.get_database_backend() {
            DbBackend::Postgres => "bytea",
            _ => "blob",
        };
        let table = format!(
            "CREATE TABLE mark (name text NOT NULL, value {bytes} NOT NULL, CONSTRAINT mark_name PRIMARY KEY (name))"
        );
        db.execute_unprepared(&table).await?;
        Ok(())
    }
}
