//! Bookings by plain statements: claim of the request, lines under the exclusion constraint, booking, answer, event
//! and audit entry, in one transaction; a refusal is noted in one of its own. Through sqlx, with no call between.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use sqlx::{
    AssertSqlSafe, ConnectOptions, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

/// Bytes of an answer, an event, an audit entry.
const BODY: [u8; 220] = [7; 220];
const TABLES: [&str; 5] = ["answer", "refused", "booking", "booking_line", "outbox"];
const SUBJECT: &str = "01a21ae2-ea06-731e-9b2b-dff4ef62225e";
const METHOD: &str = "/zhibu.resource.v1.ResourceService/HoldBooking";

/// The database, with tables of its own that are made like the service's.
#[derive(Debug, Clone)]
pub struct Bookings(PgPool);

impl Bookings {
    /// Makes the tables, constraints and indexes as the service has them; so many connections.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn new(url: &str, connections: u32) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(url)?
            .disable_statement_logging()
            .options([("search_path", "bare")]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        let like =
            TABLES.map(|table| format!("CREATE TABLE bare.{table} (LIKE resource.{table} INCLUDING ALL);"));
        let make = format!("CREATE SCHEMA bare; {}", like.concat());
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&pool).await?;
        Ok(Self(pool))
    }

    /// Books one or several at a time, whole or not at all; says whether it was done.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn book(
        &self,
        id: Uuid,
        organization: Uuid,
        resources: &[Uuid],
        (start, end): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<bool, sqlx::Error> {
        let now = start;
        let mut tx = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO answer (subject, method, key, fingerprint, recorded_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (subject, method, key) DO NOTHING",
        )
        .bind(SUBJECT)
        .bind(METHOD)
        .bind(id.to_string())
        .bind(&BODY[..32])
        .bind(now)
        .execute(&mut *tx)
        .await?;
        let mut taken = 0;
        let lines = sqlx::query(
            "INSERT INTO booking_line (booking_id, line_no, resource_id, starts_at, ends_at, quantity, exclusive, taking) \
             SELECT $1, ordinality, resource, $3, $4, 1, true, true \
             FROM unnest($2::uuid[]) WITH ORDINALITY AS one (resource, ordinality) ON CONFLICT DO NOTHING",
        );
        let done = lines
            .bind(id)
            .bind(resources)
            .bind(start)
            .bind(end)
            .execute(&mut *tx)
            .await?;
        taken += done.rows_affected();
        if taken < resources.len() as u64 {
            tx.rollback().await?;
            self.refuse(id, now).await?;
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO booking (id, organization_id, state, purpose, starts_at, due_at, booked_by, version, recorded_at) \
             VALUES ($1, $2, 'held', $3, $4, $5, $6, 1, $7)",
        )
        .bind(id)
        .bind(organization)
        .bind("支部主题党日")
        .bind(start)
        .bind(end)
        .bind(SUBJECT)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "WITH answered AS (UPDATE answer SET answer = $1 WHERE subject = $2 AND method = $3 AND key = $4) \
             INSERT INTO outbox (kind, record_id, organization_id, version, deleted, body, recorded_at) \
             VALUES ('resource.booking', $5, $6, 1, false, $1, $7), ('audit', NULL, NULL, 0, false, $1, $7)",
        )
        .bind(&BODY[..])
        .bind(SUBJECT)
        .bind(METHOD)
        .bind(id.to_string())
        .bind(id)
        .bind(organization)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn refuse(&self, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        let mut tx = self.0.begin().await?;
        sqlx::query(
            "INSERT INTO refused (subject, method, key, recorded_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (subject, method, key) DO NOTHING",
        )
        .bind(SUBJECT)
        .bind(METHOD)
        .bind(id.to_string())
        .bind(now)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "INSERT INTO outbox (kind, record_id, organization_id, version, deleted, body, recorded_at) \
             VALUES ('audit', NULL, NULL, 0, false, $1, $2)",
        )
        .bind(&BODY[..])
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}
