//! Dated records of set-up and guarantees.

use std::collections::HashMap;

use kernel::{
    Fault, Instant, RpcError,
    id::{OrganizationId, RecordId},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict,
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{entities::record, external_ids::Key};
use crate::domain::record::Body;

/// Rows in one statement.
const BATCH: usize = 500;

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Names it.
    pub id: RecordId,
    /// Whose.
    pub organization: OrganizationId,
    /// Its id elsewhere.
    pub key: Key,
    /// What it says.
    pub body: Body,
    /// Rises with each change.
    pub version: u64,
}

/// The records of one kind with these ids elsewhere.
pub async fn known(tx: &Tx, kind: &str, keys: &[Key]) -> Result<HashMap<Key, Kept>, RpcError> {
    let mut found = HashMap::new();
    let mut by_system: HashMap<&str, Vec<&str>> = HashMap::new();
    for (system, value) in keys {
        by_system.entry(system).or_default().push(value);
    }
    for (system, values) in by_system {
        let rows = record::Entity::find()
            .filter(record::Column::Kind.eq(kind))
            .filter(record::Column::ExternalSystem.eq(system))
            .filter(record::Column::ExternalValue.is_in(values))
            .all(tx.db())
            .await
            .map_err(fault)?;
        for row in rows {
            let kept = kept(row)?;
            found.insert(kept.key.clone(), kept);
        }
    }
    Ok(found)
}

/// All records of some organizations, oldest first: the first unit is the main one.
pub async fn of(read: &impl Reading, organizations: &[OrganizationId]) -> Result<Vec<Kept>, RpcError> {
    selected(read, organizations, Condition::all()).await
}

/// The records of one kind of some organizations, oldest first.
pub async fn of_kind(
    read: &impl Reading,
    organizations: &[OrganizationId],
    kind: &str,
) -> Result<Vec<Kept>, RpcError> {
    selected(
        read,
        organizations,
        Condition::all().add(record::Column::Kind.eq(kind)),
    )
    .await
}

async fn selected(
    read: &impl Reading,
    organizations: &[OrganizationId],
    which: Condition,
) -> Result<Vec<Kept>, RpcError> {
    let mut found = Vec::new();
    for some in organizations.chunks(BATCH) {
        let rows = record::Entity::find()
            .filter(record::Column::OrganizationId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .filter(which.clone())
            .order_by_asc(record::Column::Id)
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in rows {
            found.push(kept(row)?);
        }
    }
    Ok(found)
}

/// Adds records, and replaces what is said by those that are known.
pub async fn save(tx: &Tx, all: &[Kept], recorded_at: Instant) -> Result<(), RpcError> {
    use record::Column as C;
    for some in all.chunks(BATCH) {
        let replace = OnConflict::column(C::Id)
            .update_columns([C::Body, C::Version, C::RecordedAt])
            .to_owned();
        let rows = some
            .iter()
            .map(|one| row(one, recorded_at))
            .collect::<Result<Vec<_>, RpcError>>()?;
        record::Entity::insert_many(rows)
            .on_conflict(replace)
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

fn row(one: &Kept, recorded_at: Instant) -> Result<record::ActiveModel, RpcError> {
    let body = serde_json::to_string(&one.body).map_err(|e| Fault::from("a record that has no JSON", e))?;
    Ok(record::ActiveModel {
        id: Set(one.id.into()),
        organization_id: Set(one.organization.into()),
        kind: Set(one.body.kind().to_owned()),
        external_system: Set(one.key.0.clone()),
        external_value: Set(one.key.1.clone()),
        body: Set(body),
        version: Set(i64::try_from(one.version).unwrap_or(i64::MAX)),
        recorded_at: Set(recorded_at),
    })
}

fn kept(row: record::Model) -> Result<Kept, RpcError> {
    Ok(Kept {
        id: row.id.into(),
        organization: row.organization_id.into(),
        key: (row.external_system, row.external_value),
        body: serde_json::from_str(&row.body).map_err(|e| Fault::from("a record that cannot be read", e))?,
        version: row.version.unsigned_abs(),
    })
}
