//! Cycles.

use kernel::{
    Day, RpcError,
    clock::system_now,
    id::{CycleId, OrganizationId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockType, OnConflict, Query, SelectStatement},
};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{
    entities::{cycle, outcome},
    signed, word,
};
use crate::domain::cycle::CycleState;

/// A cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Opaque.
    pub id: CycleId,
    /// The county.
    pub organization: OrganizationId,
    /// The year that is rated.
    pub year: i32,
    /// The day on which facts are frozen.
    pub freeze_day: Day,
    /// Hash of the frozen template.
    pub template: String,
    /// How far it is.
    pub state: CycleState,
    /// Binds the seed of the draw.
    pub commitment: String,
    /// The seed, once revealed; empty before.
    pub seed: String,
    /// Rises with each change.
    pub version: u64,
}

/// A cycle in the caller's ranges.
pub async fn get(read: &impl Reading, id: CycleId) -> Result<Option<Cycle>, RpcError> {
    let found = cycle::Entity::find_by_id(Uuid::from(id))
        .filter(within(cycle::Column::OrganizationId, read.ranges()))
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(read_row).transpose()
}

/// The cycle that a branch of the caller's is rated in, whoever opened it; absent when none of them takes part.
pub async fn whoevers(read: &impl Reading, id: CycleId) -> Result<Option<Cycle>, RpcError> {
    let found = cycle::Entity::find_by_id(Uuid::from(id))
        .filter(cycle::Column::Id.in_subquery(taking_part(read)))
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(read_row).transpose()
}

/// The same, held until the unit of work ends: one writer at a time.
pub async fn lock(tx: &Tx, id: CycleId) -> Result<Option<Cycle>, RpcError> {
    let found = cycle::Entity::find_by_id(Uuid::from(id))
        .lock(LockType::Update)
        .one(tx.db())
        .await
        .map_err(fault)?;
    found.map(read_row).transpose()
}

/// The county's cycle of a year.
pub async fn of_year(
    read: &impl Reading,
    county: OrganizationId,
    year: i32,
) -> Result<Option<Cycle>, RpcError> {
    let found = cycle::Entity::find()
        .filter(cycle::Column::OrganizationId.eq(Uuid::from(county)))
        .filter(cycle::Column::Year.eq(year))
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(read_row).transpose()
}

/// The latest cycle in which a branch of the caller's ranges takes part.
pub async fn latest(read: &impl Reading) -> Result<Option<CycleId>, RpcError> {
    let found = cycle::Entity::find()
        .filter(cycle::Column::Id.in_subquery(taking_part(read)))
        .order_by_desc(cycle::Column::Year)
        .order_by_desc(cycle::Column::Id)
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(found.map(|row| row.id.into()))
}

/// Cycles in which branches of the caller's ranges take part.
fn taking_part(read: &impl Reading) -> SelectStatement {
    Query::select()
        .column(outcome::Column::CycleId)
        .from(outcome::Entity)
        .cond_where(within(outcome::Column::BranchId, read.ranges()))
        .to_owned()
}

/// Cycles whose facts are being collected.
pub async fn freezing(read: &impl Reading) -> Result<Vec<Cycle>, RpcError> {
    let rows = cycle::Entity::find()
        .filter(cycle::Column::State.eq(CycleState::Freezing.code()))
        .order_by_asc(cycle::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(read_row).collect()
}

/// Adds a cycle; says whether it was added, or the county has one of that year.
pub async fn insert(tx: &Tx, one: &Cycle) -> Result<bool, RpcError> {
    let known = OnConflict::columns([cycle::Column::OrganizationId, cycle::Column::Year])
        .do_nothing()
        .to_owned();
    let rows = cycle::Entity::insert(row(one))
        .on_conflict(known)
        .exec_without_returning(tx.db())
        .await;
    Ok(rows.map_err(fault)? == 1)
}

/// Writes a cycle anew.
pub async fn update(tx: &Tx, one: &Cycle) -> Result<(), RpcError> {
    cycle::Entity::update(row(one))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

fn row(one: &Cycle) -> cycle::ActiveModel {
    cycle::ActiveModel {
        id: Set(one.id.into()),
        organization_id: Set(one.organization.into()),
        year: Set(one.year),
        freeze_day: Set(one.freeze_day),
        template_hash: Set(one.template.clone()),
        state: Set(one.state.code().to_owned()),
        draw_commitment: Set(one.commitment.clone()),
        draw_seed: Set(one.seed.clone()),
        version: Set(signed(one.version)),
        recorded_at: Set(system_now()),
    }
}

fn read_row(row: cycle::Model) -> Result<Cycle, RpcError> {
    Ok(Cycle {
        id: row.id.into(),
        organization: row.organization_id.into(),
        year: row.year,
        freeze_day: row.freeze_day,
        template: row.template_hash,
        state: word(CycleState::from_code(&row.state))?,
        commitment: row.draw_commitment,
        seed: row.draw_seed,
        version: row.version.unsigned_abs(),
    })
}
