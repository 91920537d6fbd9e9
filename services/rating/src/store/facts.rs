//! Frozen facts, one row for each service that counted.

use std::collections::HashMap;

use kernel::{
    RpcError,
    id::{CycleId, OrganizationId},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{entities::facts, from_json, signed, to_json};
use crate::domain::explanation::Fact;

/// Rows in one statement: 5 variables each stay under what both databases take.
const BATCH: usize = 2000;

/// What one service counted of one branch.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The branch.
    pub branch: OrganizationId,
    /// The service.
    pub service: &'static str,
    /// The feed position that the counts include.
    pub position: u64,
    /// The facts, in the order of the catalogue.
    pub facts: Vec<Fact>,
}

/// All frozen facts of a branch in a cycle.
pub async fn get(read: &impl Reading, cycle: CycleId, branch: OrganizationId) -> Result<Vec<Fact>, RpcError> {
    let rows = facts::Entity::find()
        .filter(facts::Column::CycleId.eq(Uuid::from(cycle)))
        .filter(facts::Column::BranchId.eq(Uuid::from(branch)))
        .order_by_asc(facts::Column::Service)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut all = Vec::new();
    for row in rows {
        all.extend(from_json::<Vec<Fact>>(&row.body)?);
    }
    Ok(all)
}

/// What one service counted of branches in a cycle, as it was frozen.
pub async fn of_service(
    read: &impl Reading,
    cycle: CycleId,
    branches: &[OrganizationId],
    service: &str,
) -> Result<HashMap<OrganizationId, Vec<Fact>>, RpcError> {
    let mut found = HashMap::with_capacity(branches.len());
    for some in branches.chunks(BATCH) {
        let rows = facts::Entity::find()
            .filter(facts::Column::CycleId.eq(Uuid::from(cycle)))
            .filter(facts::Column::BranchId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .filter(facts::Column::Service.eq(service))
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in rows {
            found.insert(row.branch_id.into(), from_json(&row.body)?);
        }
    }
    Ok(found)
}

/// Freezes facts: what is frozen stays.
pub async fn freeze(tx: &Tx, cycle: CycleId, all: &[Counted]) -> Result<(), RpcError> {
    use facts::Column as C;
    for some in all.chunks(BATCH) {
        let known = OnConflict::columns([C::CycleId, C::BranchId, C::Service])
            .do_nothing()
            .to_owned();
        let rows = some
            .iter()
            .map(|one| row(cycle, one))
            .collect::<Result<Vec<_>, _>>()?;
        let insert = facts::Entity::insert_many(rows).on_conflict(known);
        insert.exec_without_returning(tx.db()).await.map_err(fault)?;
    }
    Ok(())
}

fn row(cycle: CycleId, one: &Counted) -> Result<facts::ActiveModel, RpcError> {
    Ok(facts::ActiveModel {
        cycle_id: Set(cycle.into()),
        branch_id: Set(one.branch.into()),
        service: Set(one.service.to_owned()),
        position: Set(signed(one.position)),
        body: Set(to_json(&one.facts)?),
    })
}
