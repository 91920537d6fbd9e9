//! The sequencer: gives committed events their positions and audit entries their links.

use std::borrow::Cow;

use kernel::{Fault, RpcError, planted::Bug};
use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, TransactionOptions};

use super::log;
use crate::{
    audit::{Entry, head},
    fault::fault,
    row::{cell, sql},
    store::Store,
};

/// One pass at a time in a schema. The lock belongs to the transaction that writes: a process that was stopped
/// and goes on later finds its transaction gone, so that the lock is its own fence.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended('zhibu feed ' || current_schema(), 0))";

/// Takes the committed rows out of the outbox by id, puts the events behind the head, gives the audit entries
/// back. A row that commits later has a later id than every change that it saw, so no record's events swap.
const MOVE: &str = "WITH moved AS (
        DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 2000) RETURNING *),
    fed AS (
        INSERT INTO feed (position, kind, record_id, organization_id, version, deleted, body, recorded_at)
        SELECT (SELECT coalesce(max(position), 0) FROM feed) + row_number() OVER (ORDER BY id),
            kind, record_id, organization_id, version, deleted, body, recorded_at
        FROM moved WHERE kind <> 'audit')
    SELECT body FROM moved WHERE kind = 'audit' ORDER BY id";

/// The position behind the head, in [`MOVE`].
const DENSE: &str = "(SELECT coalesce(max(position), 0) FROM feed) + row_number() OVER (ORDER BY id)";

/// Brings the feed up to everything that is committed now, wakes watchers and gives the head.
pub async fn advance(store: &Store) -> Result<u64, RpcError> {
    let db = &store.inner.db;
    if store.postgres() {
        while waiting(db).await.map_err(fault)? {
            let tx = store.shielded(TransactionOptions::default()).await?;
            pass(store, &tx).await?;
            tx.commit().await.map_err(fault)?;
        }
    }
    let head = log::head(db).await.map_err(fault)?;
    store.inner.wake.reached(head);
    Ok(head)
}

async fn waiting(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let row = db
        .query_one_raw(sql(db, "SELECT EXISTS (SELECT 1 FROM outbox)", []))
        .await?;
    row.map_or(Ok(false), |row| cell(&row, 0))
}

async fn pass(store: &Store, tx: &DatabaseTransaction) -> Result<(), RpcError> {
    tx.execute_raw(sql(tx, LOCK, [])).await.map_err(fault)?;
    let chain = &store.inner.chain;
    let end = head::end(tx, chain).await.map_err(fault)?;
    let moving = match Bug::OutboxIds.planted() {
        true => Cow::Owned(MOVE.replace(DENSE, "id")),
        false => Cow::Borrowed(MOVE),
    };
    let moved = tx.query_all_raw(sql(tx, moving, [])).await.map_err(fault)?;
    let mut entries = Vec::with_capacity(moved.len());
    for row in &moved {
        let body: Vec<u8> = cell(row, 0).map_err(fault)?;
        entries.push(
            Entry::decode(body.as_slice()).map_err(|e| Fault::from("an audit entry in the outbox", e))?,
        );
    }
    if entries.is_empty() {
        return Ok(());
    }
    head::append(tx, chain, end, entries).await.map_err(fault)
}
