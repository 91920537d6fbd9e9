//! Members of branches through time, projected from member's feed.

use kernel::{RpcError, id::OrganizationId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::entities::strength;
use crate::domain::branch::Strength;

/// The strengths of some branches, by branch and day.
pub async fn of(
    read: &impl Reading,
    branches: &[OrganizationId],
) -> Result<Vec<(OrganizationId, Strength)>, RpcError> {
    let rows = strength::Entity::find()
        .filter(strength::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .order_by_asc(strength::Column::BranchId)
        .order_by_asc(strength::Column::FromDay)
        .all(read.db())
        .await
        .map_err(fault)?;
    let read = |row: strength::Model| {
        let (full, probationary) = (row.full_members.unsigned_abs(), row.probationary.unsigned_abs());
        (
            row.branch_id.into(),
            Strength {
                from: row.from_day,
                full,
                probationary,
            },
        )
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Takes over what member says of a branch from a day on.
pub async fn save(tx: &Tx, branch: OrganizationId, one: Strength) -> Result<(), RpcError> {
    use strength::Column as C;
    let replace = OnConflict::columns([C::BranchId, C::FromDay])
        .update_columns([C::FullMembers, C::Probationary])
        .to_owned();
    let row = strength::ActiveModel {
        branch_id: Set(branch.into()),
        from_day: Set(one.from),
        full_members: Set(i32::try_from(one.full).unwrap_or(i32::MAX)),
        probationary: Set(i32::try_from(one.probationary).unwrap_or(i32::MAX)),
    };
    strength::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}
