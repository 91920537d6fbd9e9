//! Pools in which the quota ran.

use kernel::{
    Domain, RpcError,
    clock::system_now,
    id::{CycleId, OrganizationId},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{entities::pool, signed, word};
use crate::domain::quota::Pool;

/// A pool in which the quota ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The county whose branches they are.
    pub county: OrganizationId,
    /// The pool.
    pub pool: Pool,
    /// Digest of its candidates.
    pub population: String,
}

/// The pools of a cycle in which the quota ran.
pub async fn of_cycle(read: &impl Reading, cycle: CycleId) -> Result<Vec<Ran>, RpcError> {
    let rows = pool::Entity::find()
        .filter(pool::Column::CycleId.eq(Uuid::from(cycle)))
        .order_by_asc(pool::Column::CountyId)
        .order_by_asc(pool::Column::Name)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(read_row).collect()
}

/// Records that the quota ran in pools.
pub async fn insert(tx: &Tx, cycle: CycleId, all: &[Ran]) -> Result<(), RpcError> {
    if all.is_empty() {
        return Ok(());
    }
    let rows = all.iter().map(|one| pool::ActiveModel {
        cycle_id: Set(cycle.into()),
        county_id: Set(one.county.into()),
        name: Set(name(&one.pool.domains)),
        rated: Set(signed(one.pool.rated)),
        places: Set(signed(one.pool.places)),
        population: Set(one.population.clone()),
        recorded_at: Set(system_now()),
    });
    pool::Entity::insert_many(rows)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

fn name(domains: &[Domain]) -> String {
    domains
        .iter()
        .map(|domain| domain.code())
        .collect::<Vec<_>>()
        .join(";")
}

fn read_row(row: pool::Model) -> Result<Ran, RpcError> {
    let domains = row
        .name
        .split(';')
        .map(|code| word(Domain::from_code(code)))
        .collect::<Result<_, _>>()?;
    Ok(Ran {
        county: row.county_id.into(),
        pool: Pool {
            domains,
            rated: row.rated.unsigned_abs(),
            places: row.places.unsigned_abs(),
        },
        population: row.population,
    })
}
