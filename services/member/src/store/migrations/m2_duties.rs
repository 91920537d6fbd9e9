//! Steps of development, dues and training hours.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum DevelopmentStep {
    Table,
    Id,
    System,
    Value,
    BranchId,
    Step,
    RuleVersion,
    DueOn,
    DoneOn,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum DuesSheet {
    Table,
    Id,
    BranchId,
    Month,
    Quarterly,
    DueFen,
    PaidFen,
    Owed,
    InTime,
    TierVersion,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum DuesLine {
    Table,
    SheetId,
    PersonId,
    Class,
    BaseSealed,
    DueFen,
    PaidFen,
    PaidOn,
    Relieved,
}

#[derive(DeriveIden)]
enum TrainingEntry {
    Table,
    Id,
    PersonId,
    Session,
    HeldOn,
    QuarterHours,
    Central,
    RecordedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [development_step(), dues_sheet(), dues_line(), training_entry()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn development_step() -> TableCreateStatement {
    Table::create()
        .table(DevelopmentStep::Table)
        .col(uuid(DevelopmentStep::Id).primary_key())
        .col(string(DevelopmentStep::System))
        .col(string(DevelopmentStep::Value))
        .col(uuid(DevelopmentStep::BranchId))
        .col(string(DevelopmentStep::Step))
        .col(string(DevelopmentStep::RuleVersion))
        .col(date(DevelopmentStep::DueOn))
        .col(date_null(DevelopmentStep::DoneOn))
        .col(big_integer(DevelopmentStep::Version))
        .col(timestamp_with_time_zone(DevelopmentStep::RecordedAt))
        .to_owned()
}

fn dues_sheet() -> TableCreateStatement {
    Table::create()
        .table(DuesSheet::Table)
        .col(uuid(DuesSheet::Id).primary_key())
        .col(uuid(DuesSheet::BranchId))
        .col(date(DuesSheet::Month))
        .col(boolean(DuesSheet::Quarterly))
        .col(big_integer(DuesSheet::DueFen))
        .col(big_integer(DuesSheet::PaidFen))
        .col(integer(DuesSheet::Owed))
        .col(integer(DuesSheet::InTime))
        .col(string(DuesSheet::TierVersion))
        .col(big_integer(DuesSheet::Version))
        .col(timestamp_with_time_zone(DuesSheet::RecordedAt))
        .to_owned()
}

fn dues_line() -> TableCreateStatement {
    Table::create()
        .table(DuesLine::Table)
        .col(uuid(DuesLine::SheetId))
        .col(uuid(DuesLine::PersonId))
        .col(integer(DuesLine::Class))
        .col(blob(DuesLine::BaseSealed))
        .col(big_integer(DuesLine::DueFen))
        .col(big_integer(DuesLine::PaidFen))
        .col(date_null(DuesLine::PaidOn))
        .col(boolean(DuesLine::Relieved))
        .primary_key(
            Index::create()
                .name("dues_line_once")
                .col(DuesLine::SheetId)
                .col(DuesLine::PersonId),
        )
        .to_owned()
}

fn training_entry() -> TableCreateStatement {
    Table::create()
        .table(TrainingEntry::Table)
        .col(uuid(TrainingEntry::Id).primary_key())
        .col(uuid(TrainingEntry::PersonId))
        .col(string(TrainingEntry::Session))
        .col(date(TrainingEntry::HeldOn))
        .col(integer(TrainingEntry::QuarterHours))
        .col(boolean(TrainingEntry::Central))
        .col(timestamp_with_time_zone(TrainingEntry::RecordedAt))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("development_step_once")
            .table(DevelopmentStep::Table)
            .col(DevelopmentStep::System)
            .col(DevelopmentStep::Value)
            .unique()
            .to_owned(),
        Index::create()
            .name("development_step_by_branch")
            .table(DevelopmentStep::Table)
            .col(DevelopmentStep::BranchId)
            .col(DevelopmentStep::DueOn)
            .to_owned(),
        Index::create()
            .name("dues_sheet_once")
            .table(DuesSheet::Table)
            .col(DuesSheet::BranchId)
            .col(DuesSheet::Month)
            .unique()
            .to_owned(),
        Index::create()
            .name("training_entry_once")
            .table(TrainingEntry::Table)
            .col(TrainingEntry::PersonId)
            .col(TrainingEntry::Session)
            .unique()
            .to_owned(),
        Index::create()
            .name("training_entry_by_day")
            .table(TrainingEntry::Table)
            .col(TrainingEntry::PersonId)
            .col(TrainingEntry::HeldOn)
            .to_owned(),
    ]
}
