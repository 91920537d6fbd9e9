//! What shows that a finding is mended (S-121).

use sea_orm_migration::{prelude::*, schema::text};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Finding {
    Table,
    ClosingEvidence,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let more = Table::alter()
            .table(Finding::Table)
            .add_column(text(Finding::ClosingEvidence).default(""))
            .to_owned();
        manager.alter_table(more).await
    }
}
