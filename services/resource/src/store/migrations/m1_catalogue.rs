//! Offerings of the four libraries, and what they are found by.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Resource {
    Table,
    Id,
    Kind,
    Title,
    OwnerId,
    Capacity,
    Standing,
    SiteId,
    Subjects,
    Grades,
    Graded,
    ExternalSystem,
    ExternalValue,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum ResourceToken {
    Table,
    Token,
    ResourceId,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(resource()).await?;
        let once = Index::create()
            .name("resource_by_external_id")
            .table(Resource::Table)
            .col(Resource::ExternalSystem)
            .col(Resource::ExternalValue)
            .unique()
            .to_owned();
        manager.create_index(once).await?;
        let by_owner = Index::create()
            .name("resource_by_owner")
            .table(Resource::Table)
            .col(Resource::OwnerId)
            .col(Resource::Id)
            .to_owned();
        manager.create_index(by_owner).await?;
        manager.create_table(resource_token()).await?;
        let by_resource = Index::create()
            .name("resource_token_by_resource")
            .table(ResourceToken::Table)
            .col(ResourceToken::ResourceId)
            .to_owned();
        manager.create_index(by_resource).await
    }
}

fn resource() -> TableCreateStatement {
    Table::create()
        .table(Resource::Table)
        .col(uuid(Resource::Id).primary_key())
        .col(string(Resource::Kind))
        .col(string(Resource::Title))
        .col(uuid(Resource::OwnerId))
        .col(big_integer(Resource::Capacity))
        .col(string(Resource::Standing))
        .col(uuid_null(Resource::SiteId))
        .col(text(Resource::Subjects))
        .col(big_integer(Resource::Grades))
        .col(big_integer(Resource::Graded))
        .col(string(Resource::ExternalSystem))
        .col(string(Resource::ExternalValue))
        .col(big_integer(Resource::Version))
        .col(timestamp_with_time_zone(Resource::RecordedAt))
        .to_owned()
}

fn resource_token() -> TableCreateStatement {
    Table::create()
        .table(ResourceToken::Table)
        .col(string(ResourceToken::Token))
        .col(uuid(ResourceToken::ResourceId))
        .primary_key(
            Index::create()
                .name("resource_token_once")
                .col(ResourceToken::Token)
                .col(ResourceToken::ResourceId),
        )
        .to_owned()
}
