//! The organization to which a case goes.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveIden)]
enum ProcessCase {
    Table,
    TargetId,
}

/// The organization to which a case goes, so that its people find the case.
#[derive(DeriveMigrationName)]
pub struct Targets;

#[async_trait::async_trait]
impl MigrationTrait for Targets {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table(ProcessCase::Table)
            .add_column(uuid_null(ProcessCase::TargetId))
            .to_owned();
        manager.alter_table(column).await?;
        let index = Index::create()
            .name("process_case_by_target")
            .table(ProcessCase::Table)
            .col(ProcessCase::TargetId)
            .to_owned();
        manager.create_index(index).await
    }
}
