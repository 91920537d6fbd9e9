//! Rectification cases as rating sees them; their history is the procedure's.

use std::collections::HashMap;

use kernel::{
    Day, RpcError,
    clock::system_now,
    id::{CaseId, OrganizationId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, Iterable, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{ExprTrait, OnConflict},
};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{entities::rectification, signed};

/// A rectification case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rectification {
    /// The case.
    pub case: CaseId,
    /// The branch.
    pub branch: OrganizationId,
    /// Why it was opened.
    pub cause: String,
    /// Day on which it was opened.
    pub opened_on: Day,
    /// Day on which the branch was lifted out of it, or it was dismissed.
    pub closed_on: Option<Day>,
    /// Whether it was never taken up.
    pub dismissed: bool,
    /// Rises with each change.
    pub version: u64,
}

/// Cases of the caller's ranges by id, behind `after`.
pub async fn list(
    read: &impl Reading,
    open_only: bool,
    after: Option<CaseId>,
    limit: u64,
) -> Result<Vec<Rectification>, RpcError> {
    let mut query =
        rectification::Entity::find().filter(within(rectification::Column::BranchId, read.ranges()));
    if open_only {
        query = query.filter(rectification::Column::ClosedOn.is_null());
    }
    if let Some(after) = after {
        query = query.filter(rectification::Column::CaseId.gt(Uuid::from(after)));
    }
    let rows = query
        .order_by_asc(rectification::Column::CaseId)
        .limit(limit)
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(rows.into_iter().map(read_row).collect())
}

/// A case, whoever asks.
pub async fn get(tx: &Tx, case: CaseId) -> Result<Option<Rectification>, RpcError> {
    let found = rectification::Entity::find_by_id(Uuid::from(case))
        .one(tx.db())
        .await
        .map_err(fault)?;
    Ok(found.map(read_row))
}

/// Whether the branch has an open case.
pub async fn is_open(tx: &Tx, branch: OrganizationId) -> Result<bool, RpcError> {
    let open = rectification::Entity::find()
        .filter(rectification::Column::BranchId.eq(Uuid::from(branch)))
        .filter(rectification::Column::ClosedOn.is_null())
        .one(tx.db())
        .await
        .map_err(fault)?;
    Ok(open.is_some())
}

/// The cases of branches that are open on a day, by branch.
pub async fn open_on(
    read: &impl Reading,
    branches: &[OrganizationId],
    day: Day,
) -> Result<HashMap<OrganizationId, Vec<CaseId>>, RpcError> {
    use rectification::Column as C;
    let rows = rectification::Entity::find()
        .filter(C::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(C::OpenedOn.lte(day))
        .filter(C::ClosedOn.is_null().or(C::ClosedOn.gt(day)))
        .filter(C::Dismissed.eq(false))
        .order_by_asc(C::CaseId)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut open: HashMap<OrganizationId, Vec<CaseId>> = HashMap::new();
    for row in rows {
        open.entry(row.branch_id.into())
            .or_default()
            .push(row.case_id.into());
    }
    Ok(open)
}

/// Writes a case, new or known.
pub async fn put(tx: &Tx, one: &Rectification) -> Result<(), RpcError> {
    use rectification::Column as C;
    let changing = C::iter().filter(|column| !matches!(column, C::CaseId));
    let replace = OnConflict::column(C::CaseId).update_columns(changing).to_owned();
    let insert = rectification::Entity::insert(row(one)).on_conflict(replace);
    insert.exec_without_returning(tx.db()).await.map_err(fault)?;
    Ok(())
}

fn row(one: &Rectification) -> rectification::ActiveModel {
    rectification::ActiveModel {
        case_id: Set(one.case.into()),
        branch_id: Set(one.branch.into()),
        cause: Set(one.cause.clone()),
        opened_on: Set(one.opened_on),
        closed_on: Set(one.closed_on),
        dismissed: Set(one.dismissed),
        version: Set(signed(one.version)),
        recorded_at: Set(system_now()),
    }
}

fn read_row(row: rectification::Model) -> Rectification {
    Rectification {
        case: row.case_id.into(),
        branch: row.branch_id.into(),
        cause: row.cause,
        opened_on: row.opened_on,
        closed_on: row.closed_on,
        dismissed: row.dismissed,
        version: row.version.unsigned_abs(),
    }
}
