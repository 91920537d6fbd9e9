//! Steps of development cases that branches owe.

use std::collections::{BTreeSet, HashMap};

use kernel::{
    Day, RpcError,
    clock::system_now,
    id::{OrganizationId, RecordId},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict,
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{entities::development_step, persons::outrun};
use crate::domain::{development::Step, person::Key};

const BATCH: usize = 500;

/// A step as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: RecordId,
    /// Rises with each change.
    pub version: u64,
    /// Its id in the system it comes from.
    pub key: Key,
    /// The step.
    pub step: Step,
}

/// The steps known by these ids.
pub async fn known(tx: &Tx, keys: &[Key]) -> Result<HashMap<Key, Kept>, RpcError> {
    let mut by_system: HashMap<&str, Vec<&str>> = HashMap::new();
    for (system, value) in keys {
        by_system.entry(system).or_default().push(value);
    }
    let mut found = HashMap::with_capacity(keys.len());
    for (system, values) in by_system {
        let filter = Condition::all()
            .add(development_step::Column::System.eq(system))
            .add(development_step::Column::Value.is_in(values));
        let rows = development_step::Entity::find()
            .filter(filter)
            .all(tx.db())
            .await
            .map_err(fault)?;
        found.extend(rows.into_iter().map(kept).map(|kept| (kept.key.clone(), kept)));
    }
    Ok(found)
}

/// All steps of these cases, each named by its system and its id there.
pub async fn of_cases(tx: &Tx, cases: &BTreeSet<Key>) -> Result<Vec<Kept>, RpcError> {
    let mut by_system: HashMap<&str, Vec<&str>> = HashMap::new();
    for (system, case) in cases {
        by_system.entry(system).or_default().push(case);
    }
    let mut found = Vec::new();
    for (system, cases) in by_system {
        let rows = development_step::Entity::find()
            .filter(development_step::Column::System.eq(system))
            .filter(development_step::Column::CaseId.is_in(cases))
            .all(tx.db())
            .await
            .map_err(fault)?;
        found.extend(rows.into_iter().map(kept));
    }
    Ok(found)
}

fn kept(row: development_step::Model) -> Kept {
    Kept {
        id: RecordId(row.id),
        version: row.version.unsigned_abs(),
        key: (row.system, row.value),
        step: Step {
            branch: row.branch_id.into(),
            step: row.step,
            rule_version: row.rule_version,
            case: row.case_id,
            since_on: row.since_on.unwrap_or(row.due_on),
            due_on: row.due_on,
            done_on: row.done_on,
        },
    }
}

/// Writes steps.
pub async fn save(tx: &Tx, all: &[Kept]) -> Result<(), RpcError> {
    use development_step::Column as C;
    for some in all.chunks(BATCH) {
        let rows = some.iter().map(|one| development_step::ActiveModel {
            id: Set(one.id.into()),
            system: Set(one.key.0.clone()),
            value: Set(one.key.1.clone()),
            branch_id: Set(one.step.branch.into()),
            step: Set(one.step.step.clone()),
            rule_version: Set(one.step.rule_version.clone()),
            case_id: Set(one.step.case.clone()),
            since_on: Set(Some(one.step.since_on)),
            due_on: Set(one.step.due_on),
            done_on: Set(one.step.done_on),
            version: Set(i64::try_from(one.version).unwrap_or(i64::MAX)),
            recorded_at: Set(system_now()),
        });
        let replace = OnConflict::column(C::Id)
            .update_columns([
                C::Step,
                C::RuleVersion,
                C::CaseId,
                C::SinceOn,
                C::DueOn,
                C::DoneOn,
                C::Version,
                C::RecordedAt,
            ])
            .to_owned();
        let insert = development_step::Entity::insert_many(rows).on_conflict(replace);
        insert.exec_without_returning(tx.db()).await.map_err(outrun)?;
    }
    Ok(())
}

/// The steps of some branches whose deadline lies between two days; at most 500 branches.
pub async fn due(
    read: &impl Reading,
    branches: &[OrganizationId],
    first: Day,
    last: Day,
) -> Result<Vec<Kept>, RpcError> {
    let rows = development_step::Entity::find()
        .filter(development_step::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(development_step::Column::DueOn.between(first, last))
        .order_by_asc(development_step::Column::DueOn)
        .order_by_asc(development_step::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(rows.into_iter().map(kept).collect())
}
