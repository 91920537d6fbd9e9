//! Marks of the debrief review.

use std::collections::HashMap;

use kernel::{
    RpcError,
    clock::system_now,
    id::{CycleId, MeetingId, OrganizationId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{OnConflict, Query},
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{
    entities::{cycle, marks},
    from_json, signed, to_json,
};
use crate::domain::marks::Marks;

/// Rows in one statement: 7 variables each stay under what both databases take.
const BATCH: usize = 500;

/// Marks of one branch as they were entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// The branch.
    pub branch: OrganizationId,
    /// The committee.
    pub committee: OrganizationId,
    /// The marks.
    pub marks: Marks,
    /// The debrief meeting.
    pub meeting: MeetingId,
    /// Rises with each change.
    pub version: u64,
}

/// The marks of branches in a cycle.
pub async fn get(
    read: &impl Reading,
    cycle: CycleId,
    branches: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Entered>, RpcError> {
    let mut found = HashMap::with_capacity(branches.len());
    for some in branches.chunks(BATCH) {
        let rows = marks::Entity::find()
            .filter(marks::Column::CycleId.eq(Uuid::from(cycle)))
            .filter(marks::Column::BranchId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in rows {
            found.insert(row.branch_id.into(), read_row(row)?);
        }
    }
    Ok(found)
}

/// The marks of branches for a year, in whichever cycle.
pub async fn of_year(
    read: &impl Reading,
    year: i32,
    branches: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Entered>, RpcError> {
    let cycles = Query::select()
        .column(cycle::Column::Id)
        .from(cycle::Entity)
        .and_where(cycle::Column::Year.eq(year))
        .to_owned();
    let rows = marks::Entity::find()
        .filter(marks::Column::CycleId.in_subquery(cycles))
        .filter(marks::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .order_by_asc(marks::Column::CycleId)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter()
        .map(|row| Ok((row.branch_id.into(), read_row(row)?)))
        .collect()
}

/// Writes marks, new ones and known ones.
pub async fn put(tx: &Tx, cycle: CycleId, all: &[Entered]) -> Result<(), RpcError> {
    use marks::Column as C;
    for some in all.chunks(BATCH) {
        let replace = OnConflict::columns([C::CycleId, C::BranchId])
            .update_columns([
                C::OrganizationId,
                C::Body,
                C::MeetingId,
                C::Version,
                C::RecordedAt,
            ])
            .to_owned();
        let rows = some
            .iter()
            .map(|one| row(cycle, one))
            .collect::<Result<Vec<_>, _>>()?;
        let insert = marks::Entity::insert_many(rows).on_conflict(replace);
        insert.exec_without_returning(tx.db()).await.map_err(fault)?;
    }
    Ok(())
}

fn row(cycle: CycleId, one: &Entered) -> Result<marks::ActiveModel, RpcError> {
    Ok(marks::ActiveModel {
        cycle_id: Set(cycle.into()),
        branch_id: Set(one.branch.into()),
        organization_id: Set(one.committee.into()),
        body: Set(to_json(&one.marks)?),
        meeting_id: Set(one.meeting.into()),
        version: Set(signed(one.version)),
        recorded_at: Set(system_now()),
    })
}

fn read_row(row: marks::Model) -> Result<Entered, RpcError> {
    Ok(Entered {
        branch: row.branch_id.into(),
        committee: row.organization_id.into(),
        marks: from_json(&row.body)?,
        meeting: row.meeting_id.into(),
        version: row.version.unsigned_abs(),
    })
}
