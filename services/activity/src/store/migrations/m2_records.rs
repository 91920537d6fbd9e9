//! Resolutions, tasks, goals, tickets, reviews, training sessions.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Dated {
    Table,
    Id,
    BranchId,
    Kind,
    Title,
    RaisedOn,
    DueOn,
    DoneOn,
    Confirmed,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Review {
    Table,
    Id,
    BranchId,
    HeldOn,
    ForYear,
    Eligible,
    Excellent,
    Good,
    Fair,
    Poor,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Training {
    Table,
    Id,
    BranchId,
    Title,
    HeldOn,
    QuarterHours,
    Format,
    Version,
    RecordedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(dated()).await?;
        manager.create_table(review()).await?;
        manager.create_table(training()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn dated() -> TableCreateStatement {
    Table::create()
        .table(Dated::Table)
        .col(uuid(Dated::Id))
        .col(uuid(Dated::BranchId))
        .col(text(Dated::Kind))
        .col(text(Dated::Title))
        .col(date(Dated::RaisedOn))
        .col(date(Dated::DueOn))
        .col(date_null(Dated::DoneOn))
        .col(boolean(Dated::Confirmed))
        .col(big_integer(Dated::Version))
        .col(timestamp_with_time_zone(Dated::RecordedAt))
        .primary_key(Index::create().name("dated_key").col(Dated::Id))
        .to_owned()
}

fn review() -> TableCreateStatement {
    Table::create()
        .table(Review::Table)
        .col(uuid(Review::Id))
        .col(uuid(Review::BranchId))
        .col(date(Review::HeldOn))
        .col(integer(Review::ForYear))
        .col(integer(Review::Eligible))
        .col(integer(Review::Excellent))
        .col(integer(Review::Good))
        .col(integer(Review::Fair))
        .col(integer(Review::Poor))
        .col(big_integer(Review::Version))
        .col(timestamp_with_time_zone(Review::RecordedAt))
        .primary_key(Index::create().name("review_key").col(Review::Id))
        .to_owned()
}

fn training() -> TableCreateStatement {
    Table::create()
        .table(Training::Table)
        .col(uuid(Training::Id))
        .col(uuid(Training::BranchId))
        .col(text(Training::Title))
        .col(date(Training::HeldOn))
        .col(integer(Training::QuarterHours))
        .col(text(Training::Format))
        .col(big_integer(Training::Version))
        .col(timestamp_with_time_zone(Training::RecordedAt))
        .primary_key(Index::create().name("training_key").col(Training::Id))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    [
        Index::create()
            .name("dated_of_branch")
            .table(Dated::Table)
            .col(Dated::BranchId)
            .col(Dated::DueOn)
            .to_owned(),
        Index::create()
            .name("review_of_branch")
            .table(Review::Table)
            .col(Review::BranchId)
            .col(Review::ForYear)
            .to_owned(),
        Index::create()
            .name("training_of_branch")
            .table(Training::Table)
            .col(Training::BranchId)
            .col(Training::HeldOn)
            .to_owned(),
    ]
}
