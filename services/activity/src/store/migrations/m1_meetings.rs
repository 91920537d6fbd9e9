//! Meetings, who was there, ids elsewhere.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Meeting {
    Table,
    Id,
    BranchId,
    GroupId,
    HeldOn,
    ForYear,
    Duties,
    Quorate,
    Topic,
    Observers,
    CompletedOn,
    CommitteeEntitled,
    CommitteePresent,
    Assessed,
    FullEntitled,
    ProbationaryEntitled,
    Exempt,
    Present,
    FullPresent,
    PresentNotExempt,
    Annulled,
    Annulment,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Attendance {
    Table,
    MeetingId,
    Packed,
}

#[derive(DeriveIden)]
enum ExternalId {
    Table,
    System,
    Kind,
    Value,
    RecordId,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(meeting()).await?;
        manager.create_table(attendance()).await?;
        manager.create_table(external_id()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn meeting() -> TableCreateStatement {
    Table::create()
        .table(Meeting::Table)
        .col(uuid(Meeting::Id))
        .col(uuid(Meeting::BranchId))
        .col(uuid_null(Meeting::GroupId))
        .col(date(Meeting::HeldOn))
        .col(integer(Meeting::ForYear))
        .col(integer(Meeting::Duties))
        .col(integer(Meeting::Quorate))
        .col(text(Meeting::Topic))
        .col(integer(Meeting::Observers))
        .col(date_null(Meeting::CompletedOn))
        .col(integer(Meeting::CommitteeEntitled))
        .col(integer(Meeting::CommitteePresent))
        .col(boolean(Meeting::Assessed))
        .col(integer(Meeting::FullEntitled))
        .col(integer(Meeting::ProbationaryEntitled))
        .col(integer(Meeting::Exempt))
        .col(integer(Meeting::Present))
        .col(integer(Meeting::FullPresent))
        .col(integer(Meeting::PresentNotExempt))
        .col(boolean(Meeting::Annulled))
        .col(text(Meeting::Annulment))
        .col(big_integer(Meeting::Version))
        .col(timestamp_with_time_zone(Meeting::RecordedAt))
        .primary_key(Index::create().name("meeting_key").col(Meeting::Id))
        .to_owned()
}

/// Apart from the meeting, so that what is owed reads narrow rows.
fn attendance() -> TableCreateStatement {
    Table::create()
        .table(Attendance::Table)
        .col(uuid(Attendance::MeetingId))
        .col(blob(Attendance::Packed))
        .primary_key(Index::create().name("attendance_key").col(Attendance::MeetingId))
        .to_owned()
}

fn external_id() -> TableCreateStatement {
    Table::create()
        .table(ExternalId::Table)
        .col(text(ExternalId::System))
        .col(text(ExternalId::Kind))
        .col(text(ExternalId::Value))
        .col(uuid(ExternalId::RecordId))
        .primary_key(
            Index::create()
                .name("external_id_key")
                .col(ExternalId::System)
                .col(ExternalId::Kind)
                .col(ExternalId::Value),
        )
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 2] {
    [
        Index::create()
            .name("meeting_of_branch")
            .table(Meeting::Table)
            .col(Meeting::BranchId)
            .col(Meeting::HeldOn)
            .to_owned(),
        Index::create()
            .name("meeting_by_day")
            .table(Meeting::Table)
            .col(Meeting::HeldOn)
            .col(Meeting::Id)
            .to_owned(),
    ]
}
