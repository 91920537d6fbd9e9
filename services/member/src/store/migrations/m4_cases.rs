//! The case of a development step, and the day from which its deadline counts.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum DevelopmentStep {
    Table,
    System,
    CaseId,
    SinceOn,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let case = string(DevelopmentStep::CaseId).default("").to_owned();
        for column in [case, date_null(DevelopmentStep::SinceOn)] {
            let alter = Table::alter()
                .table(DevelopmentStep::Table)
                .add_column(column)
                .to_owned();
            manager.alter_table(alter).await?;
        }
        let by_case = Index::create()
            .name("development_step_by_case")
            .table(DevelopmentStep::Table)
            .col(DevelopmentStep::System)
            .col(DevelopmentStep::CaseId)
            .to_owned();
        manager.create_index(by_case).await
    }
}
