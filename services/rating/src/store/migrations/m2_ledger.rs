//! Findings and rectification.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Finding {
    Table,
    Id,
    BranchId,
    Origin,
    Rule,
    Source,
    SourceKey,
    Title,
    Evidence,
    Norm,
    OpenedOn,
    DueOn,
    ClosedOn,
    ClosedBy,
    ConfirmedBy,
    Reopened,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Rectification {
    Table,
    CaseId,
    BranchId,
    Cause,
    OpenedOn,
    ClosedOn,
    Dismissed,
    Version,
    RecordedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [finding(), rectification()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn finding() -> TableCreateStatement {
    Table::create()
        .table(Finding::Table)
        .col(uuid(Finding::Id))
        .col(uuid(Finding::BranchId))
        .col(string(Finding::Origin))
        .col(string(Finding::Rule))
        .col(string(Finding::Source))
        .col(string(Finding::SourceKey))
        .col(text(Finding::Title))
        .col(text(Finding::Evidence))
        .col(string(Finding::Norm))
        .col(date(Finding::OpenedOn))
        .col(date(Finding::DueOn))
        .col(date_null(Finding::ClosedOn))
        .col(string(Finding::ClosedBy))
        .col(string(Finding::ConfirmedBy))
        .col(integer(Finding::Reopened))
        .col(big_integer(Finding::Version))
        .col(timestamp_with_time_zone(Finding::RecordedAt))
        .primary_key(Index::create().name("finding_key").col(Finding::Id))
        .to_owned()
}

fn rectification() -> TableCreateStatement {
    Table::create()
        .table(Rectification::Table)
        .col(uuid(Rectification::CaseId))
        .col(uuid(Rectification::BranchId))
        .col(string(Rectification::Cause))
        .col(date(Rectification::OpenedOn))
        .col(date_null(Rectification::ClosedOn))
        .col(boolean(Rectification::Dismissed))
        .col(big_integer(Rectification::Version))
        .col(timestamp_with_time_zone(Rectification::RecordedAt))
        .primary_key(
            Index::create()
                .name("rectification_key")
                .col(Rectification::CaseId),
        )
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    [
        Index::create()
            .name("finding_once")
            .table(Finding::Table)
            .col(Finding::Source)
            .col(Finding::SourceKey)
            .unique()
            .to_owned(),
        Index::create()
            .name("finding_by_branch")
            .table(Finding::Table)
            .col(Finding::BranchId)
            .col(Finding::DueOn)
            .to_owned(),
        Index::create()
            .name("rectification_by_branch")
            .table(Rectification::Table)
            .col(Rectification::BranchId)
            .to_owned(),
    ]
}
