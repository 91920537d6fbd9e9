//! The `audit` table.

use sea_orm::{
    Condition, ConnectionTrait, DbErr, QueryResult,
    sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    chain::{Anchor, Link},
    entry::Entry,
};
use crate::row::{cell, signed, sql, tuples, unsigned};

/// Rows in one statement: 10 variables each stay under what both databases take.
const BATCH: usize = 2000;
const COLUMN: [&str; 10] = [
    "number",
    "subject",
    "session",
    "method",
    "organization_id",
    "record_id",
    "result",
    "purpose",
    "recorded_at",
    "chain",
];

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
            "INSERT INTO audit ({}) VALUES {}",
            COLUMN.join(", "),
            tuples(1, some.len(), COLUMN.len())
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

/// The next links behind a number, or the first ones, in order of number.
pub(crate) async fn after(
    db: &impl ConnectionTrait,
    number: Option<u64>,
    limit: u64,
) -> Result<Vec<Link>, DbErr> {
    let mut select = select(limit);
    select.order_by(Alias::new("number"), Order::Asc);
    if let Some(number) = number {
        select.and_where(Expr::col(Alias::new("number")).gt(signed(number)));
    }
    Ok(db.query_all(&select).await?.iter().map(link).collect())
}

/// Links that a condition lets through, before a number, newest first.
pub(crate) async fn newest(
    db: &impl ConnectionTrait,
    which: Condition,
    before: Option<u64>,
    limit: u64,
) -> Result<Vec<Link>, DbErr> {
    let mut select = select(limit);
    select
        .order_by(Alias::new("number"), Order::Desc)
        .cond_where(which);
    if let Some(number) = before {
        select.and_where(Expr::col(Alias::new("number")).lt(signed(number)));
    }
    Ok(db.query_all(&select).await?.iter().map(link).collect())
}

/// No time that an entry has, yet one that Postgres keeps and the driver cannot name, is none.
const TIME: &str = "CASE WHEN recorded_at > '0001-01-01' AND recorded_at < '9999-12-31' THEN recorded_at END";

fn select(limit: u64) -> SelectStatement {
    let mut select = Query::select();
    for column in COLUMN {
        match column {
            "recorded_at" => select.expr(Expr::cust(TIME)),
            column => select.column(Alias::new(column)),
        };
    }
    select.from(Alias::new("audit")).limit(limit).to_owned()
}

/// A row that cannot be read was altered: it keeps its number and has no link that could hold.
fn link(row: &QueryResult) -> Link {
    readable(row).unwrap_or_else(|_| Link {
        entry: Entry {
            number: cell(row, 0).map_or(0, unsigned),
            ..Entry::default()
        },
        chain: Vec::new(),
    })
}

fn readable(row: &QueryResult) -> Result<Link, DbErr> {
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
