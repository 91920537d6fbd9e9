//! Cycles, their branches, facts, explanations, marks, pools, namings.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Template {
    Table,
    Hash,
    Body,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Cycle {
    Table,
    Id,
    OrganizationId,
    Year,
    FreezeDay,
    TemplateHash,
    State,
    DrawCommitment,
    DrawSeed,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Outcome {
    Table,
    CycleId,
    BranchId,
    Id,
    CountyId,
    Domain,
    NotRated,
    Stage,
    Results,
    ExplanationHash,
    PrefilledHash,
    Standing,
    Placed,
    CaseId,
    CaseState,
    Resolved,
    ProposedStar,
    Objections,
    StarDecided,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Facts {
    Table,
    CycleId,
    BranchId,
    Service,
    Position,
    Body,
}

#[derive(DeriveIden)]
enum Explanation {
    Table,
    CycleId,
    BranchId,
    Hash,
    Body,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Marks {
    Table,
    CycleId,
    BranchId,
    OrganizationId,
    Body,
    MeetingId,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Pool {
    Table,
    CycleId,
    CountyId,
    Name,
    Rated,
    Places,
    Population,
    RecordedAt,
}

#[derive(DeriveIden)]
enum NamingBatch {
    Table,
    Id,
    OrganizationId,
    CycleId,
    Number,
    SignedOn,
    Body,
    Signature,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Certificate {
    Table,
    CycleId,
    BranchId,
    BatchId,
    Star,
    Body,
    Signature,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            template(),
            cycle(),
            outcome(),
            facts(),
            explanation(),
            marks(),
            pool(),
            naming_batch(),
            certificate(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn template() -> TableCreateStatement {
    Table::create()
        .table(Template::Table)
        .col(string(Template::Hash))
        .col(blob(Template::Body))
        .col(timestamp_with_time_zone(Template::RecordedAt))
        .primary_key(Index::create().name("template_key").col(Template::Hash))
        .to_owned()
}

fn cycle() -> TableCreateStatement {
    Table::create()
        .table(Cycle::Table)
        .col(uuid(Cycle::Id))
        .col(uuid(Cycle::OrganizationId))
        .col(integer(Cycle::Year))
        .col(date(Cycle::FreezeDay))
        .col(string(Cycle::TemplateHash))
        .col(string(Cycle::State))
        .col(string(Cycle::DrawCommitment))
        .col(string(Cycle::DrawSeed))
        .col(big_integer(Cycle::Version))
        .col(timestamp_with_time_zone(Cycle::RecordedAt))
        .primary_key(Index::create().name("cycle_key").col(Cycle::Id))
        .to_owned()
}

fn outcome() -> TableCreateStatement {
    Table::create()
        .table(Outcome::Table)
        .col(uuid(Outcome::CycleId))
        .col(uuid(Outcome::BranchId))
        .col(uuid(Outcome::Id))
        .col(uuid(Outcome::CountyId))
        .col(string(Outcome::Domain))
        .col(string(Outcome::NotRated))
        .col(string(Outcome::Stage))
        .col(text_null(Outcome::Results))
        .col(string(Outcome::ExplanationHash))
        .col(string(Outcome::PrefilledHash))
        .col(text_null(Outcome::Standing))
        .col(boolean(Outcome::Placed))
        .col(uuid_null(Outcome::CaseId))
        .col(string(Outcome::CaseState))
        .col(boolean(Outcome::Resolved))
        .col(integer(Outcome::ProposedStar))
        .col(integer(Outcome::Objections))
        .col(integer(Outcome::StarDecided))
        .col(big_integer(Outcome::Version))
        .col(timestamp_with_time_zone(Outcome::RecordedAt))
        .primary_key(
            Index::create()
                .name("outcome_key")
                .col(Outcome::CycleId)
                .col(Outcome::BranchId),
        )
        .to_owned()
}

fn facts() -> TableCreateStatement {
    Table::create()
        .table(Facts::Table)
        .col(uuid(Facts::CycleId))
        .col(uuid(Facts::BranchId))
        .col(string(Facts::Service))
        .col(big_integer(Facts::Position))
        .col(text(Facts::Body))
        .primary_key(
            Index::create()
                .name("facts_key")
                .col(Facts::CycleId)
                .col(Facts::BranchId)
                .col(Facts::Service),
        )
        .to_owned()
}

fn explanation() -> TableCreateStatement {
    Table::create()
        .table(Explanation::Table)
        .col(uuid(Explanation::CycleId))
        .col(uuid(Explanation::BranchId))
        .col(string(Explanation::Hash))
        .col(blob(Explanation::Body))
        .col(timestamp_with_time_zone(Explanation::RecordedAt))
        .primary_key(
            Index::create()
                .name("explanation_key")
                .col(Explanation::CycleId)
                .col(Explanation::BranchId)
                .col(Explanation::Hash),
        )
        .to_owned()
}

fn marks() -> TableCreateStatement {
    Table::create()
        .table(Marks::Table)
        .col(uuid(Marks::CycleId))
        .col(uuid(Marks::BranchId))
        .col(uuid(Marks::OrganizationId))
        .col(text(Marks::Body))
        .col(uuid(Marks::MeetingId))
        .col(big_integer(Marks::Version))
        .col(timestamp_with_time_zone(Marks::RecordedAt))
        .primary_key(
            Index::create()
                .name("marks_key")
                .col(Marks::CycleId)
                .col(Marks::BranchId),
        )
        .to_owned()
}

fn pool() -> TableCreateStatement {
    Table::create()
        .table(Pool::Table)
        .col(uuid(Pool::CycleId))
        .col(uuid(Pool::CountyId))
        .col(string(Pool::Name))
        .col(big_integer(Pool::Rated))
        .col(big_integer(Pool::Places))
        .col(string(Pool::Population))
        .col(timestamp_with_time_zone(Pool::RecordedAt))
        .primary_key(
            Index::create()
                .name("pool_key")
                .col(Pool::CycleId)
                .col(Pool::CountyId)
                .col(Pool::Name),
        )
        .to_owned()
}

fn naming_batch() -> TableCreateStatement {
    Table::create()
        .table(NamingBatch::Table)
        .col(uuid(NamingBatch::Id))
        .col(uuid(NamingBatch::OrganizationId))
        .col(uuid(NamingBatch::CycleId))
        .col(integer(NamingBatch::Number))
        .col(date(NamingBatch::SignedOn))
        .col(text(NamingBatch::Body))
        .col(blob(NamingBatch::Signature))
        .col(timestamp_with_time_zone(NamingBatch::RecordedAt))
        .primary_key(Index::create().name("naming_batch_key").col(NamingBatch::Id))
        .to_owned()
}

fn certificate() -> TableCreateStatement {
    Table::create()
        .table(Certificate::Table)
        .col(uuid(Certificate::CycleId))
        .col(uuid(Certificate::BranchId))
        .col(uuid(Certificate::BatchId))
        .col(integer(Certificate::Star))
        .col(text(Certificate::Body))
        .col(blob(Certificate::Signature))
        .primary_key(
            Index::create()
                .name("certificate_key")
                .col(Certificate::CycleId)
                .col(Certificate::BranchId),
        )
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 4] {
    [
        Index::create()
            .name("cycle_one_a_year")
            .table(Cycle::Table)
            .col(Cycle::OrganizationId)
            .col(Cycle::Year)
            .unique()
            .to_owned(),
        Index::create()
            .name("outcome_by_branch")
            .table(Outcome::Table)
            .col(Outcome::BranchId)
            .to_owned(),
        Index::create()
            .name("outcome_by_case")
            .table(Outcome::Table)
            .col(Outcome::CaseId)
            .to_owned(),
        Index::create()
            .name("naming_batch_in_order")
            .table(NamingBatch::Table)
            .col(NamingBatch::CycleId)
            .col(NamingBatch::Number)
            .unique()
            .to_owned(),
    ]
}
