//! Bookings, their lines, and what keeps two bookings of one exclusive offering apart: an exclusion constraint
//! on Postgres, triggers on SQLite under the same name.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Booking {
    Table,
    Id,
    OrganizationId,
    State,
    Purpose,
    StartsAt,
    DueAt,
    BookedBy,
    Version,
    RecordedAt,
}

#[derive(DeriveIden)]
enum BookingLine {
    Table,
    BookingId,
    LineNo,
    ResourceId,
    StartsAt,
    EndsAt,
    Quantity,
    Exclusive,
    Taking,
}

#[derive(DeriveIden)]
enum Feedback {
    Table,
    BookingId,
    Grade,
    Words,
    GivenBy,
    RecordedAt,
}

/// Two migrators of schemas in one database would race for the extension.
const EXCLUSION: &str = "SELECT pg_advisory_xact_lock(hashtextextended('zhibu btree_gist', 0)); \
    CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public; \
    ALTER TABLE booking_line ADD CONSTRAINT booking_line_exclusive EXCLUDE USING gist \
    (resource_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (exclusive AND taking)";

const TRIGGERS: &str = "CREATE TRIGGER booking_line_exclusive_insert BEFORE INSERT ON booking_line \
    WHEN NEW.exclusive AND NEW.taking BEGIN \
      SELECT RAISE(ABORT, 'booking_line_exclusive') FROM booking_line AS other \
      WHERE other.resource_id = NEW.resource_id AND other.exclusive AND other.taking \
        AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at; \
    END; \
    CREATE TRIGGER booking_line_exclusive_update BEFORE UPDATE ON booking_line \
    WHEN NEW.exclusive AND NEW.taking BEGIN \
      SELECT RAISE(ABORT, 'booking_line_exclusive') FROM booking_line AS other \
      WHERE other.resource_id = NEW.resource_id AND other.exclusive AND other.taking \
        AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at \
        AND NOT (other.booking_id = OLD.booking_id AND other.line_no = OLD.line_no); \
    END";

/// What is over is in no index that a booking or a question about what is free looks at.
const INDEXES: &str = "CREATE INDEX booking_line_by_end ON booking_line (resource_id, ends_at) WHERE taking; \
    CREATE INDEX booking_by_due ON booking (due_at) WHERE due_at IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(booking()).await?;
        manager.create_table(booking_line()).await?;
        manager.create_table(feedback()).await?;
        let by_organization = Index::create()
            .name("booking_by_organization")
            .table(Booking::Table)
            .col(Booking::OrganizationId)
            .col(Booking::StartsAt)
            .to_owned();
        manager.create_index(by_organization).await?;
        let db = manager.get_connection();
        let apart = match db.get_database_backend() {
            DbBackend::Postgres => EXCLUSION,
            _ => TRIGGERS,
        };
        db.execute_unprepared(apart).await?;
        db.execute_unprepared(INDEXES).await?;
        Ok(())
    }
}

fn booking() -> TableCreateStatement {
    Table::create()
        .table(Booking::Table)
        .col(uuid(Booking::Id).primary_key())
        .col(uuid(Booking::OrganizationId))
        .col(string(Booking::State))
        .col(string(Booking::Purpose))
        .col(timestamp_with_time_zone(Booking::StartsAt))
        .col(timestamp_with_time_zone_null(Booking::DueAt))
        .col(string(Booking::BookedBy))
        .col(big_integer(Booking::Version))
        .col(timestamp_with_time_zone(Booking::RecordedAt))
        .to_owned()
}

fn booking_line() -> TableCreateStatement {
    Table::create()
        .table(BookingLine::Table)
        .col(uuid(BookingLine::BookingId))
        .col(integer(BookingLine::LineNo))
        .col(uuid(BookingLine::ResourceId))
        .col(timestamp_with_time_zone(BookingLine::StartsAt))
        .col(timestamp_with_time_zone(BookingLine::EndsAt))
        .col(big_integer(BookingLine::Quantity))
        .col(boolean(BookingLine::Exclusive))
        .col(boolean(BookingLine::Taking))
        .primary_key(
            Index::create()
                .name("booking_line_once")
                .col(BookingLine::BookingId)
                .col(BookingLine::LineNo),
        )
        .to_owned()
}

fn feedback() -> TableCreateStatement {
    Table::create()
        .table(Feedback::Table)
        .col(uuid(Feedback::BookingId).primary_key())
        .col(integer(Feedback::Grade))
        .col(string(Feedback::Words))
        .col(string(Feedback::GivenBy))
        .col(timestamp_with_time_zone(Feedback::RecordedAt))
        .to_owned()
}
