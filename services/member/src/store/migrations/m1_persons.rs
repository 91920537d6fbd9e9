//! Persons, their ids elsewhere, the spans of their primary branch, and the strength of branches.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Person {
    Table,
    Id,
    Name,
    IdentitySealed,
    IdentityIndex,
    PhoneSealed,
    Sex,
    EthnicGroup,
    Education,
    Occupation,
    BornOn,
    JoinedOn,
    FullOn,
    ExemptFrom,
    ExemptUntil,
    CadreFrom,
    CadreUntil,
    Mobile,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum ExternalId {
    #[sea_orm(iden = "person_external_id")]
    Table,
    System,
    Value,
    PersonId,
}

#[derive(DeriveIden)]
enum Stay {
    Table,
    Id,
    PersonId,
    BranchId,
    FromOn,
    UntilOn,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Strength {
    Table,
    Id,
    BranchId,
    FromOn,
    FullMembers,
    Probationary,
    Exempt,
    Version,
}

/// What keeps two writers of one branch apart: a row each, locked before its members are counted.
#[derive(DeriveIden)]
enum Roll {
    Table,
    BranchId,
    Version,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [person(), external_id(), stay(), strength(), roll()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // A partial index, in the words of both databases: nobody has two open stays.
        let one_open = "CREATE UNIQUE INDEX stay_one_open ON stay (person_id) WHERE until_on IS NULL";
        manager.get_connection().execute_unprepared(one_open).await?;
        Ok(())
    }
}

fn person() -> TableCreateStatement {
    Table::create()
        .table(Person::Table)
        .col(uuid(Person::Id).primary_key())
        .col(string(Person::Name))
        .col(blob(Person::IdentitySealed))
        .col(blob(Person::IdentityIndex))
        .col(blob_null(Person::PhoneSealed))
        .col(integer(Person::Sex))
        .col(string(Person::EthnicGroup))
        .col(string(Person::Education))
        .col(string(Person::Occupation))
        .col(date(Person::BornOn))
        .col(date(Person::JoinedOn))
        .col(date_null(Person::FullOn))
        .col(date_null(Person::ExemptFrom))
        .col(date_null(Person::ExemptUntil))
        .col(date_null(Person::CadreFrom))
        .col(date_null(Person::CadreUntil))
        .col(boolean(Person::Mobile))
        .col(big_integer(Person::Version))
        .col(timestamp_with_time_zone(Person::RecordedAt))
        .to_owned()
}

fn external_id() -> TableCreateStatement {
    Table::create()
        .table(ExternalId::Table)
        .col(string(ExternalId::System))
        .col(string(ExternalId::Value))
        .col(uuid(ExternalId::PersonId))
        .primary_key(
            Index::create()
                .name("person_external_id_once")
                .col(ExternalId::System)
                .col(ExternalId::Value),
        )
        .to_owned()
}

fn stay() -> TableCreateStatement {
    Table::create()
        .table(Stay::Table)
        .col(uuid(Stay::Id).primary_key())
        .col(uuid(Stay::PersonId))
        .col(uuid(Stay::BranchId))
        .col(date(Stay::FromOn))
        .col(date_null(Stay::UntilOn))
        .col(timestamp_with_time_zone(Stay::RecordedAt))
        .to_owned()
}

fn strength() -> TableCreateStatement {
    Table::create()
        .table(Strength::Table)
        .col(uuid(Strength::Id).primary_key())
        .col(uuid(Strength::BranchId))
        .col(date(Strength::FromOn))
        .col(integer(Strength::FullMembers))
        .col(integer(Strength::Probationary))
        .col(integer(Strength::Exempt))
        .col(big_integer(Strength::Version))
        .to_owned()
}

fn roll() -> TableCreateStatement {
    Table::create()
        .table(Roll::Table)
        .col(uuid(Roll::BranchId).primary_key())
        .col(big_integer(Roll::Version))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("person_identity_once")
            .table(Person::Table)
            .col(Person::IdentityIndex)
            .unique()
            .to_owned(),
        Index::create()
            .name("person_external_id_by_person")
            .table(ExternalId::Table)
            .col(ExternalId::PersonId)
            .to_owned(),
        Index::create()
            .name("stay_starts_once")
            .table(Stay::Table)
            .col(Stay::PersonId)
            .col(Stay::FromOn)
            .unique()
            .to_owned(),
        Index::create()
            .name("stay_by_branch")
            .table(Stay::Table)
            .col(Stay::BranchId)
            .col(Stay::FromOn)
            .to_owned(),
        Index::create()
            .name("strength_once_a_day")
            .table(Strength::Table)
            .col(Strength::BranchId)
            .col(Strength::FromOn)
            .unique()
            .to_owned(),
    ]
}
