//! Posts, the dated records of set-up and guarantees, and the strength of branches as member tells it.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Post {
    Table,
    Id,
    OrganizationId,
    Office,
    PersonId,
    ValidFrom,
    ValidUntil,
    Filing,
    ExternalSystem,
    ExternalValue,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Record {
    Table,
    Id,
    OrganizationId,
    Kind,
    ExternalSystem,
    ExternalValue,
    Body,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum Strength {
    Table,
    BranchId,
    FromDay,
    FullMembers,
    Probationary,
}

/// A post never has two holders (S-201); workers may be several. The lock: services that share a database may
/// migrate at the same time, and an extension is of the whole database.
const ONE_HOLDER_POSTGRES: &str = "SELECT pg_advisory_xact_lock(hashtextextended('zhibu btree_gist', 0)); \
    CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public; \
    ALTER TABLE post ADD CONSTRAINT post_one_holder EXCLUDE USING gist \
    (organization_id WITH =, office WITH =, daterange(valid_from, valid_until, '[]') WITH &&) \
    WHERE (office <> 'worker')";

const ONE_HOLDER_SQLITE: &str = "CREATE TRIGGER post_one_holder BEFORE INSERT ON post \
    WHEN NEW.office <> 'worker' AND EXISTS (SELECT 1 FROM post p WHERE p.organization_id = NEW.organization_id \
    AND p.office = NEW.office AND p.id <> NEW.id \
    AND (NEW.valid_until IS NULL OR p.valid_from <= NEW.valid_until) \
    AND (p.valid_until IS NULL OR p.valid_until >= NEW.valid_from)) \
    BEGIN SELECT RAISE(ABORT, 'post_one_holder'); END; \
    CREATE TRIGGER post_one_holder_changed BEFORE UPDATE ON post \
    WHEN NEW.office <> 'worker' AND EXISTS (SELECT 1 FROM post p WHERE p.organization_id = NEW.organization_id \
    AND p.office = NEW.office AND p.id <> NEW.id \
    AND (NEW.valid_until IS NULL OR p.valid_from <= NEW.valid_until) \
    AND (p.valid_until IS NULL OR p.valid_until >= NEW.valid_from)) \
    BEGIN SELECT RAISE(ABORT, 'post_one_holder'); END";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(post()).await?;
        manager.create_table(record()).await?;
        manager.create_table(strength()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let one_holder = match manager.get_database_backend() {
            DatabaseBackend::Postgres => ONE_HOLDER_POSTGRES,
            _ => ONE_HOLDER_SQLITE,
        };
        manager.get_connection().execute_unprepared(one_holder).await?;
        Ok(())
    }
}

fn post() -> TableCreateStatement {
    Table::create()
        .table(Post::Table)
        .col(uuid(Post::Id).primary_key())
        .col(uuid(Post::OrganizationId))
        .col(string(Post::Office))
        .col(uuid(Post::PersonId))
        .col(date(Post::ValidFrom))
        .col(date_null(Post::ValidUntil))
        .col(string(Post::Filing))
        .col(string(Post::ExternalSystem))
        .col(string(Post::ExternalValue))
        .col(big_integer(Post::Version))
        .col(timestamp_with_time_zone(Post::RecordedAt))
        .to_owned()
}

/// Units, terms, sites, fund lines, movements, governance slots: each a dated record of one organization whose
/// body is read as a whole and never searched inside.
fn record() -> TableCreateStatement {
    Table::create()
        .table(Record::Table)
        .col(uuid(Record::Id).primary_key())
        .col(uuid(Record::OrganizationId))
        .col(string(Record::Kind))
        .col(string(Record::ExternalSystem))
        .col(string(Record::ExternalValue))
        .col(text(Record::Body))
        .col(big_integer(Record::Version))
        .col(timestamp_with_time_zone(Record::RecordedAt))
        .to_owned()
}

fn strength() -> TableCreateStatement {
    Table::create()
        .table(Strength::Table)
        .col(uuid(Strength::BranchId))
        .col(date(Strength::FromDay))
        .col(integer(Strength::FullMembers))
        .col(integer(Strength::Probationary))
        .primary_key(
            Index::create()
                .name("strength_once")
                .col(Strength::BranchId)
                .col(Strength::FromDay),
        )
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 4] {
    let index = |name: &str| Index::create().name(name).to_owned();
    [
        index("post_by_organization")
            .table(Post::Table)
            .col(Post::OrganizationId)
            .to_owned(),
        index("post_once")
            .table(Post::Table)
            .col(Post::ExternalSystem)
            .col(Post::ExternalValue)
            .unique()
            .to_owned(),
        index("record_by_organization")
            .table(Record::Table)
            .col(Record::OrganizationId)
            .to_owned(),
        index("record_once")
            .table(Record::Table)
            .col(Record::Kind)
            .col(Record::ExternalSystem)
            .col(Record::ExternalValue)
            .unique()
            .to_owned(),
    ]
}
