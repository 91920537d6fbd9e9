//! Ids in other systems: kept, never parsed, never a key of ours (N-09).

use std::collections::HashMap;

use kernel::RpcError;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{
    BATCH, all_written,
    entities::external_id::{ActiveModel, Column, Entity},
};

/// An id there: system, kind of record and value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The other system.
    pub system: String,
    /// What it names.
    pub kind: &'static str,
    /// The id.
    pub value: String,
}

/// The records of these ids; unknown ones are left out. Not limited to ranges: an import compares first.
pub async fn resolve(read: &impl Reading, keys: &[Key]) -> Result<HashMap<Key, Uuid>, RpcError> {
    let mut grouped: HashMap<(&str, &'static str), Vec<&str>> = HashMap::new();
    for key in keys {
        grouped
            .entry((&key.system, key.kind))
            .or_default()
            .push(&key.value);
    }
    let mut found = HashMap::with_capacity(keys.len());
    for ((system, kind), values) in grouped {
        let rows = Entity::find()
            .filter(Column::System.eq(system))
            .filter(Column::Kind.eq(kind))
            .filter(Column::Value.is_in(values))
            .all(read.db())
            .await
            .map_err(fault)?;
        let keyed = |row: super::entities::external_id::Model| {
            (
                Key {
                    system: row.system,
                    kind,
                    value: row.value,
                },
                row.record_id,
            )
        };
        found.extend(rows.into_iter().map(keyed));
    }
    Ok(found)
}

/// Adds ids. Refuses with `CONCURRENT_CHANGE` when another import added one of them meanwhile.
pub async fn insert(tx: &Tx, all: &[(Key, Uuid)]) -> Result<(), RpcError> {
    for some in all.chunks(BATCH) {
        let rows = some.iter().map(|(key, record)| ActiveModel {
            system: Set(key.system.clone()),
            kind: Set(key.kind.to_owned()),
            value: Set(key.value.clone()),
            record_id: Set(*record),
        });
        let insert = Entity::insert_many(rows).on_conflict(OnConflict::new().do_nothing().to_owned());
        all_written(
            insert.exec_without_returning(tx.db()).await.map_err(fault)?,
            some.len(),
        )?;
    }
    Ok(())
}
