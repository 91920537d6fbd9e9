//! How far each feed is applied: in the consumer's own database, in the transaction that applies.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};

use crate::row::{cell, signed, sql, unsigned};

/// The position applied of each source.
pub(crate) type Cursors = BTreeMap<String, u64>;

/// All cursors.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Cursors, DbErr> {
    let rows = db
        .query_all_raw(sql(db, "SELECT source, position FROM feed_cursor", []))
        .await?;
    rows.iter()
        .map(|row| Ok((cell(row, 0)?, unsigned(cell(row, 1)?))))
        .collect()
}

/// The cursor of one source; 0 before anything was applied.
pub(crate) async fn get(db: &impl ConnectionTrait, source: &str) -> Result<u64, DbErr> {
    let text = "SELECT position FROM feed_cursor WHERE source = $1";
    let row = db.query_one_raw(sql(db, text, [source.into()])).await?;
    row.map_or(Ok(0), |row| cell(&row, 0).map(unsigned))
}

/// Moves the cursor from one position to another in the transaction of `db`; says whether it still stood there.
/// Whoever else wants to move it waits for this transaction: so each event is applied once, whatever the number
/// of replicas, and the cursor itself is the lock and the fence.
pub(crate) async fn advance(
    db: &impl ConnectionTrait,
    source: &str,
    from: u64,
    to: u64,
) -> Result<bool, DbErr> {
    let text = "INSERT INTO feed_cursor (source, position) VALUES ($1, $2) ON CONFLICT (source) \
        DO UPDATE SET position = excluded.position WHERE feed_cursor.position = $3";
    let values = [source.into(), signed(to).into(), signed(from).into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}
