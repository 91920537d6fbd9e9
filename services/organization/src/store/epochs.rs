//! The epoch of each subject's grants.

use std::collections::BTreeSet;

use kernel::RpcError;
use sea_orm::{
    ActiveValue::Set,
    EntityTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::entities::epoch;

/// The subject's epoch; 0 while his grants never changed.
pub async fn get(read: &impl Reading, subject: Uuid) -> Result<u64, RpcError> {
    let found = epoch::Entity::find_by_id(subject)
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(found.map_or(0, |row| row.epoch.unsigned_abs()))
}

/// Keeps others from changing the grants of these subjects until the unit of work ends, always in the same order: what
/// is judged over all of their grants still holds when it is written.
pub async fn hold(tx: &Tx, subjects: &BTreeSet<Uuid>) -> Result<(), RpcError> {
    let same = Expr::col((epoch::Entity, epoch::Column::Epoch));
    let locked = OnConflict::column(epoch::Column::Subject)
        .value(epoch::Column::Epoch, same)
        .to_owned();
    let rows = subjects.iter().map(|subject| epoch::ActiveModel {
        subject: Set(*subject),
        epoch: Set(0),
    });
    epoch::Entity::insert_many(rows)
        .on_conflict(locked)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// Raises the subject's epoch and says the new one.
pub async fn raise(tx: &Tx, subject: Uuid) -> Result<u64, RpcError> {
    let next = Expr::col((epoch::Entity, epoch::Column::Epoch)).add(1);
    let raise = OnConflict::column(epoch::Column::Subject)
        .value(epoch::Column::Epoch, next)
        .to_owned();
    let first = epoch::ActiveModel {
        subject: Set(subject),
        epoch: Set(1),
    };
    epoch::Entity::insert(first)
        .on_conflict(raise)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    get(tx, subject).await
}
