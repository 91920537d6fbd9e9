//! Cases and their entries.

use sea_orm_migration::{prelude::*, schema::*};

/// Cases and their entries.
#[derive(DeriveMigrationName)]
pub struct Cases;

#[derive(DeriveIden)]
enum ProcessCase {
    Table,
    Id,
    Procedure,
    SubjectId,
    OrganizationId,
    Opening,
    State,
    Ended,
    Exclusive,
    Entries,
}

#[derive(DeriveIden)]
enum ProcessEntry {
    Table,
    CaseId,
    Seq,
    Body,
    Hash,
    RecordedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Cases {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let case = Table::create()
            .table(ProcessCase::Table)
            .col(uuid(ProcessCase::Id).primary_key())
            .col(string(ProcessCase::Procedure))
            .col(uuid(ProcessCase::SubjectId))
            .col(uuid(ProcessCase::OrganizationId))
            .col(text(ProcessCase::Opening))
            .col(string(ProcessCase::State))
            .col(string_null(ProcessCase::Ended))
            .col(string_null(ProcessCase::Exclusive))
            .col(integer(ProcessCase::Entries))
            .to_owned();
        manager.create_table(case).await?;
        let entry = Table::create()
            .table(ProcessEntry::Table)
            .col(uuid(ProcessEntry::CaseId))
            .col(integer(ProcessEntry::Seq))
            .col(text(ProcessEntry::Body))
            .col(string(ProcessEntry::Hash))
            .col(timestamp_with_time_zone(ProcessEntry::RecordedAt))
            .primary_key(
                Index::create()
                    .name("process_entry_once")
                    .col(ProcessEntry::CaseId)
                    .col(ProcessEntry::Seq),
            )
            .to_owned();
        manager.create_table(entry).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn indexes() -> [IndexCreateStatement; 3] {
    let index = |name: &str| Index::create().name(name).table(ProcessCase::Table).to_owned();
    [
        // A subject has one open case of a group, whoever opens it (ONE_OPEN_CASE); closed cases have no value.
        index("process_case_one_open")
            .col(ProcessCase::Exclusive)
            .unique()
            .to_owned(),
        index("process_case_by_subject")
            .col(ProcessCase::SubjectId)
            .to_owned(),
        index("process_case_by_organization")
            .col(ProcessCase::OrganizationId)
            .to_owned(),
    ]
}
