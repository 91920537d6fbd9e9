//! The `audit` table.

use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::{
    chain::{Anchor, Link},
    entry::Entry,
};
use crate::row::{cell, signed, sql, tuples, unsigned};

/// Rows in one statement: 10 variables each stay under what both databases take.
const BATCH: usize = 2000;
const COLUMNS: usize = 10;
const SELECT: &str = "SELECT number, subject, session, method, organization_id, record_id, result, purpose, \
    recorded_at, chain FROM audit";

/// Where the chain ends; `None` before its first entry.
pub(crate) async fn last(db: &impl ConnectionTrait) -> Result<Option<Anchor>, DbErr> {
    let text = "SELECT number, chain FROM audit ORDER BY number DESC LIMIT 1";
    let row = db.query_one_raw(sql(db, text, [])).await?;
    row.map(|row| {
        Ok(Anchor {
            number: unsigned(cell(&row, 0)?),
            chain: cell(&row, 1)?,
        })
    })
    .transpose()
}

/// Adds links at the end. A number that is taken already fails: no second end can grow.
pub(crate) async fn append(db: &impl ConnectionTrait, links: Vec<Link>) -> Result<(), DbErr> {
    for some in links.chunks(BATCH) {
        let text = format!(
            "INSERT INTO audit (number, subject, session, method, organization_id, record_id, result, purpose, \
             recorded_at, chain) VALUES {}",
            tuples(1, some.len(), COLUMNS)
        );
        let values = some.iter().flat_map(|Link { entry, chain }| {
            [
                signed(entry.number).into(),
                entry.subject.clone().into(),
                entry.session.clone().into(),
                entry.method.clone().into(),
                entry.organization().into(),
                entry.record().into(),
                entry.result.clone().into(),
                entry.purpose.clone().into(),
                entry.recorded().into(),
                chain.clone().into(),
            ]
        });
        db.execute_raw(sql(db, text, values)).await?;
    }
    Ok(())
}

/// The next links behind a number, in order of number.
pub(crate) async fn after(db: &impl ConnectionTrait, number: u64, limit: u64) -> Result<Vec<Link>, DbErr> {
    let text = format!("{SELECT} WHERE number > $1 ORDER BY number LIMIT $2");
    let rows = db
        .query_all_raw(sql(db, text, [signed(number).into(), signed(limit).into()]))
        .await?;
    rows.iter().map(link).collect()
}

fn link(row: &QueryResult) -> Result<Link, DbErr> {
    let bytes = |id: Option<Uuid>| id.map(|id| id.into_bytes().to_vec()).unwrap_or_default();
    let entry = Entry {
        number: unsigned(cell(row, 0)?),
        subject: cell(row, 1)?,
        session: cell(row, 2)?,
        method: cell(row, 3)?,
        organization_id: bytes(cell(row, 4)?),
        record_id: bytes(cell(row, 5)?),
        result: cell(row, 6)?,
        purpose: cell(row, 7)?,
        recorded_at: cell::<kernel::Instant>(row, 8)?.timestamp_micros(),
    };
    Ok(Link {
        entry,
        chain: cell(row, 9)?,
    })
}
