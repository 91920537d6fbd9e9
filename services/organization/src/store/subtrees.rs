//! Parts of the tree as a whole: kept still while something is decided about them, and moved.

use access::{Range, range::STEP};
use kernel::{
    Day, Fault, RpcError,
    id::{OrganizationId, RecordId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockType, OnConflict},
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{
    entities::standing,
    organizations::{self, BATCH},
};
use crate::convert::Standing;

/// Keeps the tree as it is until the unit of work ends: others may add to it too, nobody moves anything.
pub async fn keep(tx: &Tx) -> Result<(), RpcError> {
    hold(tx, LockType::Share).await
}

/// Waits until everybody who adds to the tree is done, and keeps them away until the unit of work ends: what is judged
/// about a move still holds when it is written, whoever else moves what.
pub async fn keep_alone(tx: &Tx) -> Result<(), RpcError> {
    hold(tx, LockType::Update).await
}

/// The root stands for the tree. SQLite has one writer as it is.
async fn hold(tx: &Tx, how: LockType) -> Result<(), RpcError> {
    standing::Entity::find()
        .filter(standing::Column::ParentId.is_null())
        .lock(how)
        .one(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// The paths of everything that stands on the day, or will, in the subtree with this path, in order.
pub async fn paths(read: &impl Reading, top: &[u8], on: Day) -> Result<Vec<Vec<u8>>, RpcError> {
    standing::Entity::find()
        .select_only()
        .column(standing::Column::Path)
        .filter(below(top))
        .filter(from(on))
        .order_by_asc(standing::Column::Path)
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)
}

/// Puts the subtree with the path `top` below `parent` from a day on. What stood before that day stays as it was, what
/// no longer exists stays where it stood last. Answers what moved, parents before children, as it stands now.
pub async fn shift(tx: &Tx, top: &Standing, parent: &Standing, day: Day) -> Result<Vec<Standing>, RpcError> {
    let rows = standing::Entity::find()
        .filter(below(&top.path))
        .filter(from(day))
        .all(tx.db())
        .await
        .map_err(fault)?;
    standing::Entity::update_many()
        .col_expr(standing::Column::ValidUntil, Expr::value(Some(day)))
        .filter(below(&top.path))
        .filter(from(day))
        .filter(standing::Column::ValidFrom.lt(day))
        .exec(tx.db())
        .await
        .map_err(fault)?;

    let above = top.path.len() - STEP.min(top.path.len());
    let recorded_at = kernel::clock::system_now();
    let mut moved = Vec::with_capacity(rows.len());
    for row in rows {
        let rest = row
            .path
            .get(above..)
            .ok_or_else(|| Fault::new("a path shorter than the one above it"))?;
        let path = [parent.path.as_slice(), rest].concat();
        let own = row.organization_id == Uuid::from(top.id);
        let goes_on = row.valid_from >= day;
        moved.push(standing::ActiveModel {
            id: Set(if goes_on { row.id } else { RecordId::new().into() }),
            valid_from: Set(Ord::max(row.valid_from, day)),
            parent_id: Set(if own {
                Some(parent.id.into())
            } else {
                row.parent_id
            }),
            depth: Set(i32::try_from(path.len() / STEP).unwrap_or(i32::MAX)),
            path: Set(path),
            recorded_at: Set(recorded_at),
            organization_id: Set(row.organization_id),
            valid_until: Set(row.valid_until),
            name: Set(row.name),
            kind: Set(row.kind),
            level: Set(row.level),
            domain: Set(row.domain),
        });
    }
    let ids: Vec<OrganizationId> = moved
        .iter()
        .map(|row| OrganizationId(*row.organization_id.as_ref()))
        .collect();
    organizations::hold(tx, ids.iter().copied()).await?;
    write(tx, moved).await?;
    organizations::raise(tx, &ids).await?;
    let mut now = organizations::present(tx, &ids).await?;
    now.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(now)
}

async fn write(tx: &Tx, rows: Vec<standing::ActiveModel>) -> Result<(), RpcError> {
    use standing::Column as C;
    for some in rows.chunks(BATCH) {
        let replace = OnConflict::column(C::Id)
            .update_columns([C::ParentId, C::Path, C::Depth, C::RecordedAt])
            .to_owned();
        standing::Entity::insert_many(some.iter().cloned())
            .on_conflict(replace)
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// The subtree with this path.
pub(super) fn below(top: &[u8]) -> Condition {
    let range = Range::subtree(top);
    let from = Condition::all().add(standing::Column::Path.gte(range.start));
    match range.end {
        Some(end) => from.add(standing::Column::Path.lt(end)),
        None => from,
    }
}

/// What holds on the day or later.
fn from(day: Day) -> Condition {
    Condition::any()
        .add(standing::Column::ValidUntil.is_null())
        .add(standing::Column::ValidUntil.gt(day))
}
