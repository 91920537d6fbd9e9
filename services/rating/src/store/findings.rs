//! The ledger of findings.

use std::collections::{BTreeMap, HashMap};

use kernel::{
    Instant, Kind, Period, Refusal, RpcError,
    clock::system_now,
    id::{CaseId, FindingId, OrganizationId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, Iterable, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockType, OnConflict},
};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{entities::finding, signed, word};
use crate::domain::ledger::{Finding, Origin};

/// Rows in one statement: 18 variables each stay under what both databases take.
const BATCH: usize = 500;
/// The source of findings of screening; their key is the branch and the rule.
pub const RULE: &str = "rule";
/// The source of what is late in procedures; their key is the case and the entry.
pub const PROCEDURE: &str = "procedure";

/// A finding's id elsewhere: system and value.
pub type Key = (String, String);

/// Which findings are listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Only open ones.
    pub open_only: bool,
    /// Only those of screening.
    pub screening_only: bool,
}

/// Findings of the caller's ranges by id, behind `after`, with when they were recorded.
pub async fn list(
    read: &impl Reading,
    wanted: Wanted,
    after: Option<FindingId>,
    limit: u64,
) -> Result<Vec<(Finding, Instant)>, RpcError> {
    let mut query = finding::Entity::find().filter(within(finding::Column::BranchId, read.ranges()));
    if wanted.open_only {
        query = query.filter(finding::Column::ClosedOn.is_null());
    }
    if wanted.screening_only {
        query = query.filter(finding::Column::Origin.eq(Origin::Screening.code()));
    }
    if let Some(after) = after {
        query = query.filter(finding::Column::Id.gt(Uuid::from(after)));
    }
    let rows = query
        .order_by_asc(finding::Column::Id)
        .limit(limit)
        .all(read.db())
        .await
        .map_err(fault)?;
    let recorded = |row: finding::Model| {
        let at = row.recorded_at;
        Ok((read_row(row)?, at))
    };
    rows.into_iter().map(recorded).collect()
}

/// All findings of screening in the ranges of the unit of work, held until it ends.
pub async fn of_screening(tx: &Tx) -> Result<Vec<Finding>, RpcError> {
    let rows = finding::Entity::find()
        .filter(finding::Column::Origin.eq(Origin::Screening.code()))
        .filter(within(finding::Column::BranchId, tx.ranges()))
        .order_by_asc(finding::Column::Id)
        .lock(LockType::Update)
        .all(tx.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(read_row).collect()
}

/// The findings with these ids elsewhere, held until the unit of work ends.
pub async fn known(tx: &Tx, keys: &[Key]) -> Result<HashMap<Key, Finding>, RpcError> {
    let mut by_system: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (system, value) in keys {
        by_system.entry(system).or_default().push(value);
    }
    let mut found = HashMap::with_capacity(keys.len());
    for (system, values) in by_system {
        let rows = finding::Entity::find()
            .filter(finding::Column::Source.eq(system))
            .filter(finding::Column::SourceKey.is_in(values))
            .order_by_asc(finding::Column::Id)
            .lock(LockType::Update)
            .all(tx.db())
            .await
            .map_err(fault)?;
        for row in rows {
            found.insert((row.source.clone(), row.source_key.clone()), read_row(row)?);
        }
    }
    Ok(found)
}

/// The findings of branches whose deadline lies in the period, by branch.
pub async fn due(
    read: &impl Reading,
    branches: &[OrganizationId],
    period: Period,
) -> Result<HashMap<OrganizationId, Vec<Finding>>, RpcError> {
    let rows = finding::Entity::find()
        .filter(finding::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(finding::Column::DueOn.between(period.first(), period.last()))
        .order_by_asc(finding::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut due: HashMap<OrganizationId, Vec<Finding>> = HashMap::new();
    for row in rows {
        due.entry(row.branch_id.into()).or_default().push(read_row(row)?);
    }
    Ok(due)
}

/// How many findings on how a branch does its work are open: who is late in a procedure is no finding on the branch.
pub async fn open(read: &impl Reading, branch: OrganizationId) -> Result<u64, RpcError> {
    let open = finding::Entity::find()
        .filter(finding::Column::BranchId.eq(Uuid::from(branch)))
        .filter(finding::Column::Origin.ne(Origin::Procedure.code()))
        .filter(finding::Column::ClosedOn.is_null());
    open.count(read.db()).await.map_err(fault)
}

/// Adds findings with their ids elsewhere. Refuses with `CONCURRENT_CHANGE` when somebody else has added one of them
/// meanwhile: what is known has to be read again.
pub async fn insert(tx: &Tx, all: &[(Key, Finding)]) -> Result<(), RpcError> {
    for some in all.chunks(BATCH) {
        let once = OnConflict::columns([finding::Column::Source, finding::Column::SourceKey])
            .do_nothing()
            .to_owned();
        let insert = finding::Entity::insert_many(some.iter().map(row)).on_conflict(once);
        let added = insert.exec_without_returning(tx.db()).await.map_err(fault)?;
        if added < some.len() as u64 {
            let zh = "有其他操作正在登记同一问题，请稍后重试。";
            return Err(Refusal::new(Kind::Conflict, "CONCURRENT_CHANGE", zh).into());
        }
    }
    Ok(())
}

/// Writes findings anew that were read, and held, in this unit of work.
pub async fn update(tx: &Tx, all: &[(Key, Finding)]) -> Result<(), RpcError> {
    use finding::Column as C;
    for some in all.chunks(BATCH) {
        let changing = C::iter().filter(|column| !matches!(column, C::Id | C::Source | C::SourceKey));
        let replace = OnConflict::column(C::Id).update_columns(changing).to_owned();
        let insert = finding::Entity::insert_many(some.iter().map(row)).on_conflict(replace);
        insert.exec_without_returning(tx.db()).await.map_err(fault)?;
    }
    Ok(())
}

/// The open findings of what is late in a case, with their keys, held until the unit of work ends.
pub async fn late_in(tx: &Tx, case: CaseId) -> Result<Vec<(Key, Finding)>, RpcError> {
    let rows = finding::Entity::find()
        .filter(finding::Column::Source.eq(PROCEDURE))
        .filter(finding::Column::SourceKey.starts_with(format!("{case}/")))
        .filter(finding::Column::ClosedOn.is_null())
        .order_by_asc(finding::Column::Id)
        .lock(LockType::Update)
        .all(tx.db())
        .await
        .map_err(fault)?;
    let keyed = |row: finding::Model| {
        let key = (row.source.clone(), row.source_key.clone());
        Ok((key, read_row(row)?))
    };
    rows.into_iter().map(keyed).collect()
}

/// The key of a finding of a procedure: the case, and the entry of its history that recorded it.
#[must_use]
pub fn case_key(case: CaseId, entry: u32) -> Key {
    (PROCEDURE.to_owned(), format!("{case}/{entry}"))
}

/// The key of a finding of screening: one for each branch and rule.
#[must_use]
pub fn rule_key(finding: &Finding) -> Key {
    (RULE.to_owned(), format!("{}/{}", finding.branch, finding.rule))
}

fn row((key, one): &(Key, Finding)) -> finding::ActiveModel {
    finding::ActiveModel {
        id: Set(one.id.into()),
        branch_id: Set(one.branch.into()),
        origin: Set(one.origin.code().to_owned()),
        rule: Set(one.rule.clone()),
        source: Set(key.0.clone()),
        source_key: Set(key.1.clone()),
        title: Set(one.title.clone()),
        evidence: Set(one.evidence.clone()),
        norm: Set(one.norm.clone()),
        opened_on: Set(one.opened_on),
        due_on: Set(one.due_on),
        closed_on: Set(one.closed_on),
        closed_by: Set(one.closed_by.clone()),
        confirmed_by: Set(one.confirmed_by.clone()),
        closing_evidence: Set(one.closing_evidence.clone()),
        reopened: Set(i32::try_from(one.reopened).unwrap_or(i32::MAX)),
        version: Set(signed(one.version)),
        recorded_at: Set(system_now()),
    }
}

fn read_row(row: finding::Model) -> Result<Finding, RpcError> {
    Ok(Finding {
        id: row.id.into(),
        branch: row.branch_id.into(),
        origin: word(Origin::from_code(&row.origin))?,
        rule: row.rule,
        title: row.title,
        evidence: row.evidence,
        norm: row.norm,
        opened_on: row.opened_on,
        due_on: row.due_on,
        closed_on: row.closed_on,
        closed_by: row.closed_by,
        confirmed_by: row.confirmed_by,
        closing_evidence: row.closing_evidence,
        reopened: row.reopened.unsigned_abs(),
        version: row.version.unsigned_abs(),
    })
}
