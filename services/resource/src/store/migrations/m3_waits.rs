//! Who waits for what is taken.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Wait {
    Table,
    Id,
    OrganizationId,
    Purpose,
    StartsAt,
    Digest,
    Open,
    Awake,
    BookingId,
    RecordedAt,
}

#[derive(DeriveIden)]
enum WaitLine {
    Table,
    WaitId,
    LineNo,
    ResourceId,
    StartsAt,
    EndsAt,
    Quantity,
}

/// An organization waits once for the same; who waits is found by what was given back.
const INDEXES: &str = "CREATE UNIQUE INDEX wait_once ON wait (organization_id, digest) WHERE open; \
    CREATE INDEX wait_awake ON wait (id) WHERE awake";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let wait = Table::create()
            .table(Wait::Table)
            .col(uuid(Wait::Id).primary_key())
            .col(uuid(Wait::OrganizationId))
            .col(string(Wait::Purpose))
            .col(timestamp_with_time_zone(Wait::StartsAt))
            .col(string(Wait::Digest))
            .col(boolean(Wait::Open))
            .col(boolean(Wait::Awake))
            .col(uuid_null(Wait::BookingId))
            .col(timestamp_with_time_zone(Wait::RecordedAt))
            .to_owned();
        manager.create_table(wait).await?;
        let wait_line = Table::create()
            .table(WaitLine::Table)
            .col(uuid(WaitLine::WaitId))
            .col(integer(WaitLine::LineNo))
            .col(uuid(WaitLine::ResourceId))
            .col(timestamp_with_time_zone(WaitLine::StartsAt))
            .col(timestamp_with_time_zone(WaitLine::EndsAt))
            .col(big_integer(WaitLine::Quantity))
            .primary_key(
                Index::create()
                    .name("wait_line_once")
                    .col(WaitLine::WaitId)
                    .col(WaitLine::LineNo),
            )
            .to_owned();
        manager.create_table(wait_line).await?;
        let by_resource = Index::create()
            .name("wait_line_by_resource")
            .table(WaitLine::Table)
            .col(WaitLine::ResourceId)
            .to_owned();
        manager.create_index(by_resource).await?;
        manager.get_connection().execute_unprepared(INDEXES).await?;
        Ok(())
    }
}
