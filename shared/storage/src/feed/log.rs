//! The `feed` table.

use kernel::{Instant, id::RecordId};
use proto::feed::v1::Event;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use uuid::Uuid;
use wire::words::timestamp;

use crate::row::{cell, signed, sql, unsigned};

/// Events in one message at most.
pub(crate) const BATCH: usize = 1000;
/// Bytes of records in one message at most, unless one record alone is larger.
const BYTES: usize = 1 << 20;
const SELECT: &str =
    "SELECT position, kind, record_id, organization_id, version, deleted, body, recorded_at FROM feed AS one";

/// A part of the feed in order.
pub(crate) struct Part {
    pub(crate) events: Vec<Event>,
    /// Whether there may be more behind it.
    pub(crate) more: bool,
}

/// The last position; 0 before the first.
pub(crate) async fn head(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let row = db
        .query_one_raw(sql(db, "SELECT coalesce(max(position), 0) FROM feed", []))
        .await?;
    row.map_or(Ok(0), |row| cell(&row, 0).map(unsigned))
}

/// Rows that wait for the sequencer; on Postgres.
pub(crate) async fn pending(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let row = db
        .query_one_raw(sql(db, "SELECT count(*) FROM outbox", []))
        .await?;
    row.map_or(Ok(0), |row| cell(&row, 0).map(unsigned))
}

/// Every event behind `after`, up to `head`.
pub(crate) async fn changes(
    db: &impl ConnectionTrait,
    after: u64,
    head: u64,
    kinds: &[String],
) -> Result<Part, DbErr> {
    select(db, after, head, kinds, "").await
}

/// The present records behind `after`, as they were at `head`: the feed itself holds them all, so that what a
/// snapshot says can never differ from what the events said.
pub(crate) async fn present(
    db: &impl ConnectionTrait,
    after: u64,
    head: u64,
    kinds: &[String],
) -> Result<Part, DbErr> {
    let latest = "AND NOT deleted AND NOT EXISTS (SELECT 1 FROM feed AS later WHERE later.record_id = one.record_id \
        AND later.kind = one.kind AND later.position > one.position AND later.position <= $2)";
    select(db, after, head, kinds, latest).await
}

async fn select(
    db: &impl ConnectionTrait,
    after: u64,
    head: u64,
    kinds: &[String],
    which: &str,
) -> Result<Part, DbErr> {
    let wanted = if kinds.is_empty() {
        String::new()
    } else {
        let numbers: Vec<String> = (3..kinds.len() + 3).map(|n| format!("${n}")).collect();
        format!("AND kind IN ({})", numbers.join(", "))
    };
    let text = format!(
        "{SELECT} WHERE position > $1 AND position <= $2 {wanted} {which} ORDER BY position LIMIT {BATCH}"
    );
    let mut values: Vec<Value> = vec![signed(after).into(), signed(head).into()];
    values.extend(kinds.iter().map(|kind| Value::from(kind.as_str())));
    let rows = db.query_all_raw(sql(db, text, values)).await?;
    let mut part = Part {
        events: Vec::with_capacity(rows.len()),
        more: rows.len() == BATCH,
    };
    let mut bytes = 0;
    for row in &rows {
        if bytes > BYTES {
            part.more = true;
            break;
        }
        let event = event(row)?;
        bytes += event.body.len();
        part.events.push(event);
    }
    Ok(part)
}

fn event(row: &QueryResult) -> Result<Event, DbErr> {
    Ok(Event {
        position: unsigned(cell(row, 0)?),
        kind: cell(row, 1)?,
        id: RecordId(cell::<Uuid>(row, 2)?).to_string(),
        organization_id: RecordId(cell::<Uuid>(row, 3)?).to_string(),
        version: unsigned(cell(row, 4)?),
        deleted: cell(row, 5)?,
        body: cell(row, 6)?,
        recorded_at: Some(timestamp(cell::<Instant>(row, 7)?)),
    })
}
