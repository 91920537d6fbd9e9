//! Organizations, their standing through time, their ids elsewhere.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Organization {
    Table,
    Id,
    FoundedOn,
    DissolvedOn,
    AdminCode,
    AdminEdition,
    LeadsArea,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Standing {
    Table,
    Id,
    OrganizationId,
    ValidFrom,
    ValidUntil,
    ParentId,
    Path,
    Depth,
    Name,
    Kind,
    Level,
    Domain,
    RecordedAt,
}

#[derive(DeriveIden)]
enum ExternalId {
    Table,
    System,
    Value,
    OrganizationId,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(organization()).await?;
        manager.create_table(standing()).await?;
        for index in standing_indexes() {
            manager.create_index(index).await?;
        }
        manager.create_table(external_id()).await?;
        let by_organization = Index::create()
            .name("external_id_by_organization")
            .table(ExternalId::Table)
            .col(ExternalId::OrganizationId)
            .to_owned();
        manager.create_index(by_organization).await
    }
}

fn organization() -> TableCreateStatement {
    Table::create()
        .table(Organization::Table)
        .col(uuid(Organization::Id).primary_key())
        .col(date(Organization::FoundedOn))
        .col(date_null(Organization::DissolvedOn))
        .col(string(Organization::AdminCode))
        .col(integer(Organization::AdminEdition))
        .col(boolean(Organization::LeadsArea))
        .col(big_integer(Organization::Version))
        .col(timestamp_with_time_zone(Organization::RecordedAt))
        .to_owned()
}

/// What an organization is in a span of days; `valid_until` is the first day on which it no longer is.
fn standing() -> TableCreateStatement {
    Table::create()
        .table(Standing::Table)
        .col(uuid(Standing::Id).primary_key())
        .col(uuid(Standing::OrganizationId))
        .col(date(Standing::ValidFrom))
        .col(date_null(Standing::ValidUntil))
        .col(uuid_null(Standing::ParentId))
        .col(blob(Standing::Path))
        .col(integer(Standing::Depth))
        .col(string(Standing::Name))
        .col(string(Standing::Kind))
        .col(string_null(Standing::Level))
        .col(string_null(Standing::Domain))
        .col(timestamp_with_time_zone(Standing::RecordedAt))
        .to_owned()
}

fn standing_indexes() -> [IndexCreateStatement; 2] {
    [
        Index::create()
            .name("standing_one_a_day")
            .table(Standing::Table)
            .col(Standing::OrganizationId)
            .col(Standing::ValidFrom)
            .unique()
            .to_owned(),
        Index::create()
            .name("standing_by_path")
            .table(Standing::Table)
            .col(Standing::Path)
            .to_owned(),
    ]
}

fn external_id() -> TableCreateStatement {
    Table::create()
        .table(ExternalId::Table)
        .col(string(ExternalId::System))
        .col(string(ExternalId::Value))
        .col(uuid(ExternalId::OrganizationId))
        .primary_key(
            Index::create()
                .name("external_id_once")
                .col(ExternalId::System)
                .col(ExternalId::Value),
        )
        .to_owned()
}
