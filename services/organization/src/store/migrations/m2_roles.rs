//! Role assignments, and the epoch of each subject's grants.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Role {
    Table,
    Id,
    Subject,
    #[sea_orm(iden = "role")]
    Word,
    OrganizationId,
    ValidFrom,
    ValidUntil,
    GivenBy,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Epoch {
    Table,
    Subject,
    #[sea_orm(iden = "epoch")]
    Number,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let role = Table::create()
            .table(Role::Table)
            .col(uuid(Role::Id).primary_key())
            .col(uuid(Role::Subject))
            .col(string(Role::Word))
            .col(uuid(Role::OrganizationId))
            .col(date(Role::ValidFrom))
            .col(date_null(Role::ValidUntil))
            .col(string(Role::GivenBy))
            .col(timestamp_with_time_zone(Role::RecordedAt))
            .to_owned();
        manager.create_table(role).await?;
        let once = Index::create()
            .name("role_once")
            .table(Role::Table)
            .col(Role::Subject)
            .col(Role::OrganizationId)
            .col(Role::Word)
            .col(Role::ValidFrom)
            .unique()
            .to_owned();
        manager.create_index(once).await?;
        let epoch = Table::create()
            .table(Epoch::Table)
            .col(uuid(Epoch::Subject).primary_key())
            .col(big_integer(Epoch::Number))
            .to_owned();
        manager.create_table(epoch).await
    }
}
