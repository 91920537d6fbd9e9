//! Explanations, each under its hash, never changed (X1).

use kernel::{
    RpcError,
    clock::system_now,
    id::{CycleId, OrganizationId},
};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::entities::explanation;

/// Rows in one statement: 5 variables each, but some 20 KiB of text.
const BATCH: usize = 100;

/// An explanation.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The branch.
    pub branch: OrganizationId,
    /// Hash of the bytes.
    pub hash: String,
    /// The canonical bytes.
    pub body: Vec<u8>,
}

/// The canonical bytes of an explanation.
pub async fn get(
    read: &impl Reading,
    cycle: CycleId,
    branch: OrganizationId,
    hash: &str,
) -> Result<Option<Vec<u8>>, RpcError> {
    let key = (Uuid::from(cycle), Uuid::from(branch), hash.to_owned());
    let found = explanation::Entity::find_by_id(key)
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(found.map(|row| row.body))
}

/// Keeps explanations; those that are known stay as they are.
pub async fn keep(tx: &Tx, cycle: CycleId, all: Vec<Explained>) -> Result<(), RpcError> {
    use explanation::Column as C;
    let at = system_now();
    let mut rows = all.into_iter().map(|one| explanation::ActiveModel {
        cycle_id: Set(cycle.into()),
        branch_id: Set(one.branch.into()),
        hash: Set(one.hash),
        body: Set(one.body),
        recorded_at: Set(at),
    });
    loop {
        let some: Vec<_> = rows.by_ref().take(BATCH).collect();
        if some.is_empty() {
            return Ok(());
        }
        let known = OnConflict::columns([C::CycleId, C::BranchId, C::Hash])
            .do_nothing()
            .to_owned();
        let insert = explanation::Entity::insert_many(some).on_conflict(known);
        insert.exec_without_returning(tx.db()).await.map_err(fault)?;
    }
}
