//! What proposals rest upon; one root; who stood below whom, by index.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Proposal {
    Table,
    CaseId,
    BaseVersion,
    Outlook,
}

#[derive(DeriveIden)]
enum Standing {
    Table,
    ParentId,
}

/// There is exactly one root (global invariant 1): whoever would found a second one at the same time is refused.
const ONE_ROOT: &str =
    "CREATE UNIQUE INDEX standing_one_root ON standing ((parent_id IS NULL)) WHERE parent_id IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let proposal = Table::create()
            .table(Proposal::Table)
            .col(uuid(Proposal::CaseId).primary_key())
            .col(big_integer(Proposal::BaseVersion))
            .col(string(Proposal::Outlook))
            .to_owned();
        manager.create_table(proposal).await?;
        let by_parent = Index::create()
            .name("standing_by_parent")
            .table(Standing::Table)
            .col(Standing::ParentId)
            .to_owned();
        manager.create_index(by_parent).await?;
        manager.get_connection().execute_unprepared(ONE_ROOT).await?;
        Ok(())
    }
}
