//! Ids in other systems: kept, never parsed, never a key of ours (N-09).

use std::collections::HashMap;

use kernel::{RpcError, id::OrganizationId};
use proto::kernel::v1::ExternalId;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{entities::external_id, organizations::BATCH};

/// An id there: system and value.
pub type Key = (String, String);

/// The organizations of these ids; unknown ones are left out. Not limited to ranges: an import compares first.
pub async fn resolve(read: &impl Reading, keys: &[Key]) -> Result<HashMap<Key, OrganizationId>, RpcError> {
    let mut found = HashMap::with_capacity(keys.len());
    let mut by_system: HashMap<&str, Vec<&str>> = HashMap::new();
    for (system, value) in keys {
        by_system.entry(system).or_default().push(value);
    }
    for (system, values) in by_system {
        let rows = external_id::Entity::find()
            .filter(external_id::Column::System.eq(system))
            .filter(external_id::Column::Value.is_in(values))
            .all(read.db())
            .await
            .map_err(fault)?;
        found.extend(
            rows.into_iter()
                .map(|row| ((row.system, row.value), row.organization_id.into())),
        );
    }
    Ok(found)
}

/// The ids of these organizations.
pub async fn of(
    read: &impl Reading,
    ids: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Vec<ExternalId>>, RpcError> {
    let mut found: HashMap<OrganizationId, Vec<ExternalId>> = HashMap::new();
    for some in ids.chunks(BATCH) {
        let rows = external_id::Entity::find()
            .filter(external_id::Column::OrganizationId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .order_by_asc(external_id::Column::System)
            .order_by_asc(external_id::Column::Value)
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in rows {
            let id = ExternalId {
                system: row.system,
                value: row.value,
            };
            found.entry(row.organization_id.into()).or_default().push(id);
        }
    }
    Ok(found)
}

/// Adds ids.
pub async fn insert(tx: &Tx, all: impl IntoIterator<Item = (Key, OrganizationId)>) -> Result<(), RpcError> {
    let rows: Vec<_> = all
        .into_iter()
        .map(|((system, value), id)| external_id::ActiveModel {
            system: Set(system),
            value: Set(value),
            organization_id: Set(id.into()),
        })
        .collect();
    if !rows.is_empty() {
        external_id::Entity::insert_many(rows)
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}
