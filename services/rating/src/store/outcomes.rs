//! Branches in cycles.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Domain, RpcError,
    clock::system_now,
    id::{CaseId, CycleId, OrganizationId, RecordId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, Iterable, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{LockType, OnConflict},
};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{
    entities::{cycle, outcome},
    from_json, signed, to_json, word,
};
use crate::domain::outcome::{ENDED, Outcome, Stage};

/// Rows in one statement: 22 variables each stay under what both databases take.
const BATCH: usize = 500;

/// How far a cycle is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Branches that exist in the year.
    pub branches: u32,
    /// Of the rated ones, those whose base part is evaluated.
    pub frozen: u32,
    /// Of the rated ones, those that are resolved.
    pub resolved: u32,
    /// Those not rated, with the reason.
    pub not_rated: Vec<(OrganizationId, String)>,
}

/// One branch of the caller's ranges in a cycle.
pub async fn get(
    read: &impl Reading,
    cycle: CycleId,
    branch: OrganizationId,
) -> Result<Option<Outcome>, RpcError> {
    let found = one(cycle, branch)
        .filter(within(outcome::Column::BranchId, read.ranges()))
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(read_row).transpose()
}

/// One branch of the caller's ranges in the latest cycle that it takes part in.
pub async fn latest(read: &impl Reading, branch: OrganizationId) -> Result<Option<Outcome>, RpcError> {
    let its_cycle = outcome::Entity::belongs_to(cycle::Entity)
        .from(outcome::Column::CycleId)
        .to(cycle::Column::Id)
        .into();
    let found = outcome::Entity::find()
        .join(JoinType::InnerJoin, its_cycle)
        .filter(outcome::Column::BranchId.eq(Uuid::from(branch)))
        .filter(within(outcome::Column::BranchId, read.ranges()))
        .order_by_desc(cycle::Column::Year)
        .order_by_desc(cycle::Column::Id)
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(read_row).transpose()
}

/// The same, held until the unit of work ends.
pub async fn lock(tx: &Tx, cycle: CycleId, branch: OrganizationId) -> Result<Option<Outcome>, RpcError> {
    let found = one(cycle, branch)
        .filter(within(outcome::Column::BranchId, tx.ranges()))
        .lock(LockType::Update)
        .one(tx.db())
        .await
        .map_err(fault)?;
    found.map(read_row).transpose()
}

/// The branch of a case, whoever asks.
pub async fn of_case(read: &impl Reading, case: CaseId) -> Result<Option<Outcome>, RpcError> {
    let found = outcome::Entity::find().filter(outcome::Column::CaseId.eq(Uuid::from(case)));
    found
        .one(read.db())
        .await
        .map_err(fault)?
        .map(read_row)
        .transpose()
}

/// The same, held until the unit of work ends.
pub async fn lock_case(tx: &Tx, case: CaseId) -> Result<Option<Outcome>, RpcError> {
    let found = outcome::Entity::find().filter(outcome::Column::CaseId.eq(Uuid::from(case)));
    found
        .lock(LockType::Update)
        .one(tx.db())
        .await
        .map_err(fault)?
        .map(read_row)
        .transpose()
}

/// The branches of some cases, whoever asks.
pub async fn of_cases(
    read: &impl Reading,
    cases: &BTreeSet<CaseId>,
) -> Result<BTreeMap<CaseId, Outcome>, RpcError> {
    let ids: Vec<Uuid> = cases.iter().map(|case| Uuid::from(*case)).collect();
    let mut found = BTreeMap::new();
    for some in ids.chunks(BATCH) {
        let rows = outcome::Entity::find().filter(outcome::Column::CaseId.is_in(some.iter().copied()));
        for row in rows.all(read.db()).await.map_err(fault)? {
            let one = read_row(row)?;
            found.extend(one.case.map(|case| (case, one)));
        }
    }
    Ok(found)
}

/// All that the quota placed in a cycle, whoever asks (S-312).
pub async fn placed(read: &impl Reading, cycle: CycleId) -> Result<Vec<Outcome>, RpcError> {
    let placed = of(cycle).filter(outcome::Column::Standing.is_not_null());
    let rows = placed.all(read.db()).await.map_err(fault)?;
    rows.into_iter().map(read_row).collect()
}

/// All cycles in which a branch takes part, the latest first, whoever asks.
pub async fn of_branch(read: &impl Reading, branch: OrganizationId) -> Result<Vec<Outcome>, RpcError> {
    let rows = outcome::Entity::find()
        .filter(outcome::Column::BranchId.eq(Uuid::from(branch)))
        .order_by_desc(outcome::Column::CycleId)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(read_row).collect()
}

/// Some branches of the caller's ranges in a cycle, held until the unit of work ends.
pub async fn some(tx: &Tx, cycle: CycleId, branches: &[OrganizationId]) -> Result<Vec<Outcome>, RpcError> {
    let mine = Condition::all().add(within(outcome::Column::BranchId, tx.ranges()));
    locked(tx, cycle, branches, mine).await
}

/// The same and, for the county whose cycle it is, those that have moved away: nobody else names their five stars.
pub async fn some_to_name(
    tx: &Tx,
    cycle: CycleId,
    branches: &[OrganizationId],
) -> Result<Vec<Outcome>, RpcError> {
    let mine = Condition::any()
        .add(within(outcome::Column::BranchId, tx.ranges()))
        .add(within(outcome::Column::CountyId, tx.ranges()));
    locked(tx, cycle, branches, mine).await
}

async fn locked(
    tx: &Tx,
    cycle: CycleId,
    branches: &[OrganizationId],
    mine: Condition,
) -> Result<Vec<Outcome>, RpcError> {
    let mut found = Vec::with_capacity(branches.len());
    for some in branches.chunks(BATCH) {
        let rows = of(cycle)
            .filter(outcome::Column::BranchId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .filter(mine.clone())
            .order_by_asc(outcome::Column::BranchId)
            .lock(LockType::Update)
            .all(tx.db())
            .await
            .map_err(fault)?;
        for row in rows {
            found.push(read_row(row)?);
        }
    }
    Ok(found)
}

/// All rated branches of a cycle, held until the unit of work ends.
pub async fn lock_rated(tx: &Tx, cycle: CycleId) -> Result<Vec<Outcome>, RpcError> {
    let rows = of(cycle)
        .filter(outcome::Column::NotRated.eq(""))
        .order_by_asc(outcome::Column::BranchId)
        .lock(LockType::Update)
        .all(tx.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(read_row).collect()
}

/// Those that the quota placed before a branch in its pool, whoever asks (S-312).
pub async fn before(read: &impl Reading, one: &Outcome) -> Result<Vec<Outcome>, RpcError> {
    let domains = one.standing.iter().flat_map(|standing| &standing.pool.domains);
    let placed = of(one.cycle)
        .filter(outcome::Column::CountyId.eq(Uuid::from(one.county)))
        .filter(outcome::Column::Domain.is_in(domains.map(|domain| domain.code())))
        .filter(outcome::Column::Standing.is_not_null());
    let rows = placed.all(read.db()).await.map_err(fault)?;
    let mut all: Vec<Outcome> = rows.into_iter().map(read_row).collect::<Result<_, _>>()?;
    all.retain(|other| other.stands_before(one));
    Ok(all)
}

/// The next rated branches of a cycle whose facts are not frozen.
pub async fn waiting(read: &impl Reading, cycle: CycleId, limit: u64) -> Result<Vec<Outcome>, RpcError> {
    let rows = of(cycle)
        .filter(outcome::Column::NotRated.eq(""))
        .filter(outcome::Column::Stage.eq(Stage::Waiting.code()))
        .order_by_asc(outcome::Column::BranchId)
        .limit(limit)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(read_row).collect()
}

/// Rated branches of the caller's ranges in a cycle, by branch, behind `after`.
pub async fn list(
    read: &impl Reading,
    cycle: CycleId,
    after: Option<OrganizationId>,
    limit: u64,
) -> Result<Vec<Outcome>, RpcError> {
    let mut query = of(cycle)
        .filter(outcome::Column::NotRated.eq(""))
        .filter(within(outcome::Column::BranchId, read.ranges()));
    if let Some(after) = after {
        query = query.filter(outcome::Column::BranchId.gt(Uuid::from(after)));
    }
    let rows = query
        .order_by_asc(outcome::Column::BranchId)
        .limit(limit)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(read_row).collect()
}

/// How far a cycle is.
pub async fn progress(read: &impl Reading, cycle: CycleId) -> Result<Progress, RpcError> {
    use outcome::Column as C;
    let rows: Vec<(Uuid, String, String, bool)> = of(cycle)
        .select_only()
        .columns([C::BranchId, C::NotRated, C::Stage, C::Resolved])
        .order_by_asc(C::BranchId)
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut progress = Progress::default();
    for (branch, not_rated, stage, resolved) in rows {
        progress.branches += 1;
        if not_rated.is_empty() {
            progress.frozen += u32::from(stage != Stage::Waiting.code());
            progress.resolved += u32::from(resolved);
        } else {
            progress.not_rated.push((branch.into(), not_rated));
        }
    }
    Ok(progress)
}

/// How many rated branches of a cycle have a case that has not ended, or none yet.
pub async fn count_running(read: &impl Reading, cycle: CycleId) -> Result<u64, RpcError> {
    let running = of(cycle)
        .filter(outcome::Column::NotRated.eq(""))
        .filter(outcome::Column::CaseState.is_not_in(ENDED));
    running.count(read.db()).await.map_err(fault)
}

/// Writes outcomes, new ones and known ones.
pub async fn put(tx: &Tx, all: &[Outcome]) -> Result<(), RpcError> {
    use outcome::Column as C;
    for some in all.chunks(BATCH) {
        let changing = C::iter().filter(|column| !matches!(column, C::CycleId | C::BranchId));
        let replace = OnConflict::columns([C::CycleId, C::BranchId])
            .update_columns(changing)
            .to_owned();
        let rows = some.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let insert = outcome::Entity::insert_many(rows).on_conflict(replace);
        insert.exec_without_returning(tx.db()).await.map_err(fault)?;
    }
    Ok(())
}

fn of(cycle: CycleId) -> Select<outcome::Entity> {
    outcome::Entity::find().filter(outcome::Column::CycleId.eq(Uuid::from(cycle)))
}

fn one(cycle: CycleId, branch: OrganizationId) -> Select<outcome::Entity> {
    of(cycle).filter(outcome::Column::BranchId.eq(Uuid::from(branch)))
}

fn row(one: &Outcome) -> Result<outcome::ActiveModel, RpcError> {
    Ok(outcome::ActiveModel {
        id: Set(one.id.into()),
        cycle_id: Set(one.cycle.into()),
        branch_id: Set(one.branch.into()),
        county_id: Set(one.county.into()),
        domain: Set(one
            .domain
            .map_or(String::new(), |domain| domain.code().to_owned())),
        not_rated: Set(one.not_rated.clone()),
        stage: Set(one.stage.code().to_owned()),
        results: Set(one.results.as_ref().map(to_json).transpose()?),
        explanation_hash: Set(one.explanation_hash.clone()),
        prefilled_hash: Set(one.prefilled_hash.clone()),
        standing: Set(one.standing.as_ref().map(to_json).transpose()?),
        placed: Set(one.placed),
        case_id: Set(one.case.map(Uuid::from)),
        case_state: Set(one.case_state.clone()),
        resolved: Set(one.resolved),
        resolved_hash: Set(one.resolved_hash.clone()),
        proposed_star: Set(one.proposed_star.into()),
        objections: Set(i32::try_from(one.objections).unwrap_or(i32::MAX)),
        star_decided: Set(one.star_decided.into()),
        batch_id: Set(one.batch.map(Uuid::from)),
        version: Set(signed(one.version)),
        recorded_at: Set(system_now()),
    })
}

fn read_row(row: outcome::Model) -> Result<Outcome, RpcError> {
    let star = |star: i32| u8::try_from(star).unwrap_or(0);
    let domain = (!row.domain.is_empty())
        .then(|| word(Domain::from_code(&row.domain)))
        .transpose()?;
    Ok(Outcome {
        id: row.id.into(),
        cycle: row.cycle_id.into(),
        branch: row.branch_id.into(),
        county: row.county_id.into(),
        domain,
        not_rated: row.not_rated,
        stage: word(Stage::from_code(&row.stage))?,
        results: row.results.as_deref().map(from_json).transpose()?,
        explanation_hash: row.explanation_hash,
        prefilled_hash: row.prefilled_hash,
        standing: row.standing.as_deref().map(from_json).transpose()?,
        placed: row.placed,
        case: row.case_id.map(CaseId),
        case_state: row.case_state,
        resolved: row.resolved,
        resolved_hash: row.resolved_hash,
        proposed_star: star(row.proposed_star),
        objections: row.objections.unsigned_abs(),
        star_decided: star(row.star_decided),
        batch: row.batch_id.map(RecordId::from),
        version: row.version.unsigned_abs(),
    })
}
