//! Frozen templates, each under its hash.

use kernel::{RpcError, clock::system_now};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use storage::{Reading, Tx, fault};

use super::entities::template;

/// The canonical bytes of a template.
pub async fn get(read: &impl Reading, hash: &str) -> Result<Option<Vec<u8>>, RpcError> {
    let found = template::Entity::find_by_id(hash)
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(found.map(|row| row.body))
}

/// Keeps a template; one that is known stays as it is.
pub async fn keep(tx: &Tx, hash: &str, body: Vec<u8>) -> Result<(), RpcError> {
    let row = template::ActiveModel {
        hash: Set(hash.to_owned()),
        body: Set(body),
        recorded_at: Set(system_now()),
    };
    let known = OnConflict::column(template::Column::Hash).do_nothing().to_owned();
    template::Entity::insert(row)
        .on_conflict(known)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}
