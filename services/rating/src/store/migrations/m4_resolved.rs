//! Which explanation a resolution bound.

use sea_orm_migration::{prelude::*, schema::text};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Outcome {
    Table,
    ResolvedHash,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let more = Table::alter()
            .table(Outcome::Table)
            .add_column(text(Outcome::ResolvedHash).default(""))
            .to_owned();
        manager.alter_table(more).await
    }
}
