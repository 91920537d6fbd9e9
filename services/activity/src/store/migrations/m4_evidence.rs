//! What shows that something was done: agenda items, assessments, evidence, admission, confirmed plans; contact points of
//! leaders and outages of the platform.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Meeting {
    Table,
    AssessmentId,
    StudyItems,
}

#[derive(DeriveIden)]
enum Dated {
    Table,
    Evidence,
    Programme,
    Admission,
    PlanHash,
    PlanConfirmedOn,
}

#[derive(DeriveIden)]
enum Review {
    Table,
    LeftOut,
}

#[derive(DeriveIden)]
enum ContactPoint {
    Table,
    Id,
    BranchId,
    PersonId,
    ValidFrom,
    ValidUntil,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Outage {
    Table,
    Id,
    BranchId,
    FromOn,
    UntilOn,
    Reason,
    Version,
    RecordedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let alter = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        manager.create_table(contact_point()).await?;
        manager.create_table(outage()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn columns() -> [(DynIden, ColumnDef); 8] {
    let empty = |column: DynIden| text(column).default("").to_owned();
    [
        (
            Meeting::Table.into_iden(),
            empty(Meeting::AssessmentId.into_iden()),
        ),
        (Meeting::Table.into_iden(), empty(Meeting::StudyItems.into_iden())),
        (Dated::Table.into_iden(), empty(Dated::Evidence.into_iden())),
        (Dated::Table.into_iden(), empty(Dated::Programme.into_iden())),
        (Dated::Table.into_iden(), empty(Dated::Admission.into_iden())),
        (Dated::Table.into_iden(), empty(Dated::PlanHash.into_iden())),
        (Dated::Table.into_iden(), date_null(Dated::PlanConfirmedOn)),
        (Review::Table.into_iden(), empty(Review::LeftOut.into_iden())),
    ]
}

fn contact_point() -> TableCreateStatement {
    Table::create()
        .table(ContactPoint::Table)
        .col(uuid(ContactPoint::Id))
        .col(uuid(ContactPoint::BranchId))
        .col(uuid(ContactPoint::PersonId))
        .col(date(ContactPoint::ValidFrom))
        .col(date_null(ContactPoint::ValidUntil))
        .col(big_integer(ContactPoint::Version))
        .col(timestamp_with_time_zone(ContactPoint::RecordedAt))
        .primary_key(Index::create().name("contact_point_key").col(ContactPoint::Id))
        .to_owned()
}

fn outage() -> TableCreateStatement {
    Table::create()
        .table(Outage::Table)
        .col(uuid(Outage::Id))
        .col(uuid(Outage::BranchId))
        .col(date(Outage::FromOn))
        .col(date(Outage::UntilOn))
        .col(text(Outage::Reason))
        .col(big_integer(Outage::Version))
        .col(timestamp_with_time_zone(Outage::RecordedAt))
        .primary_key(Index::create().name("outage_key").col(Outage::Id))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 2] {
    [
        Index::create()
            .name("contact_point_of_person")
            .table(ContactPoint::Table)
            .col(ContactPoint::PersonId)
            .to_owned(),
        Index::create()
            .name("outage_of_branch")
            .table(Outage::Table)
            .col(Outage::BranchId)
            .to_owned(),
    ]
}
